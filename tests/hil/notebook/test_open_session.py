"""Ask and tell: a person's proposals among the sampler's, in an ordinary session."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hil
from hil.notebook.open_session import OpenSession
from hil.records.session import SessionState
from hil.records.trial import TrialState
from hil.session.by_hand.proposer import BY_HAND
from tests.hil.session_bench import Bench
from tests.hil.small_session import RIG, SESSION

Z = "focus.z_um"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = Bench(tmp_path)
    made.write(RIG, SESSION)
    return made


def opened(bench: Bench, **options: Any) -> OpenSession:
    return hil.open_session(bench.folder / "session.toml", bench.url, **options)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def test_own_proposals_among_the_sampler_s(bench: Bench) -> None:
    with opened(bench) as session:
        first = session.measure(session.ask())
        own = session.ask({Z: 0.25})
        assert own.number == 1 and own.settings[Z] == 0.25
        # what is not named is that of the best so far
        assert own.settings["mirror.z5_nm"] == first.settings["mirror.z5_nm"]
        measured = session.measure(own)
        assert measured.state is TrialState.COMPLETE and measured.settings[Z] == pytest.approx(0.25)
        assert measured.ci_low < measured.objective < measured.ci_high
        direct = session.measure({Z: -0.5, "mirror.z5_nm": 10})
        assert direct.settings[Z] == pytest.approx(-0.5)
        rest = session.run()
        assert [one.number for one in rest] == [3, 4, 5]
        with pytest.raises(hil.NothingLeft, match="all 6 trials are done"):
            session.ask()
        assert session.frames(measured).shape == (4, 2, 64, 64)
        best = session.best
    result = session.result()
    assert result.state is SessionState.COMPLETE and result.reason == "all 6 trials are done"
    assert best is not None and result.best is not None and result.best.number == best.number
    with bench.database() as database:
        rows = database.rows("last")
        kinds = list(database.events("last")["kind"])
    assert [BY_HAND in row.sampler_attrs for row in rows] == [False, True, True] + [False] * 3
    assert all(row.distributions for row in rows[1:]), "the sampler learns from all"
    assert kinds.count("park") == 1


def test_the_same_as_a_session_that_runs_by_itself(bench: Bench, tmp_path: Path) -> None:
    with opened(bench, trials=3) as session:
        for trial in session:
            session.measure(trial)
    (tmp_path / "other").mkdir()
    other = Bench(tmp_path / "other")
    other.write(RIG, SESSION)
    other.run(trials=3)
    with bench.database() as one, other.database() as two:
        mine, theirs = one.trials("last"), two.trials("last")
    # to the last digit but one: sums go by how many threads there are
    assert list(mine["objective"]) == pytest.approx(list(theirs["objective"]), abs=1e-12)
    assert list(mine["requested"]) == list(theirs["requested"])


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"focus.zz_um": 1.0}, "settings: focus.zz_um: not searched, did you mean 'focus.z_um'?"),
        ({Z: 7}, "settings: focus.z_um: 7, allowed: from -1 to 1"),
        ({Z: math.nan}, "settings: focus.z_um: nan, allowed: from -1 to 1"),
        ({Z: "far"}, "settings: focus.z_um: 'far', allowed: a number"),
        ({}, "settings: allowed: one setting=value or more"),
    ],
)
def test_what_may_not_be_asked_for_is_refused_and_nothing_moves(
    shared: OpenSession, settings: dict[str, Any], said: str
) -> None:
    before = len(shared.trials())
    with pytest.raises(hil.InputError) as error:
        shared.ask(settings)
    assert said in str(error.value)
    assert len(shared.trials()) == before


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSession]:
    made = Bench(tmp_path_factory.mktemp("shared"))
    made.write(
        RIG.replace("small scope", "a <b>$x$</b> scope"), SESSION.replace('"small"', '"<i>$y$"')
    )
    with opened(made) as session:
        session.measure()
        yield session


def test_a_trial_is_measured_once_and_by_its_own_session(shared: OpenSession) -> None:
    trial = shared.ask()
    shared.measure(trial)
    with pytest.raises(hil.HilError, match=r"trial \d was measured or given back before"):
        shared.measure(trial)
    stranger = type(trial)("0" * 32, 0, {}, "search", trial.open_trial)
    with pytest.raises(hil.InputError, match="is of another session"):
        shared.measure(stranger)


def test_what_a_notebook_shows_is_text(shared: OpenSession) -> None:
    pages = [
        shared._repr_html_(),
        shared.result()._repr_html_(),
        shared.ask({Z: 0.1})._repr_html_(),
    ]
    assert "&lt;i&gt;$y$" in pages[0] and "&lt;i&gt;" in pages[1]
    assert all("<i>" not in page and "mathjax_ignore" in page for page in pages)
    assert "focus.z_um" in pages[2] and "0.1" in pages[2]
    assert len(shared.figure("history").axes) == 1


def test_asked_and_not_measured_is_given_back(bench: Bench) -> None:
    with opened(bench, trials=3) as session:
        left, skipped = session.ask(), session.ask()
        session.skip(skipped, "dust")
        session.measure()
        assert [one.number for one in (left, skipped)] == [0, 1]
    assert bench.states() == ["ABORTED", "ABORTED", "COMPLETE"]
    with bench.database() as database:
        reasons = list(database.trials("last")["reason"])
        assert database.session("last").state is SessionState.STOPPED
    assert reasons[:2] == ["asked for, and not measured", "dust"]
    with hil.open_session(resume="last", database=bench.url) as session:
        assert [one.number for one in session.run()] == [3, 4]
    assert session.result().state is SessionState.COMPLETE
    with pytest.raises(hil.InputError, match="COMPLETE"):
        hil.open_session(resume="last", database=bench.url)


def test_an_error_of_the_person_s_code_parks_and_is_told(bench: Bench) -> None:
    with pytest.raises(ZeroDivisionError), opened(bench) as session:
        session.measure()
        raise ZeroDivisionError("mine")
    result = session.result()
    assert (result.state, result.reason) == (SessionState.STOPPED, "ZeroDivisionError: mine")
    assert "park" in bench.events()


def test_ctrl_c_while_measuring_ends_the_session(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = opened(bench)
    real = threading.Event.wait

    def interrupted(self: threading.Event, timeout: float | None = None) -> bool:
        if threading.current_thread() is threading.main_thread() and timeout == 0.1:
            monkeypatch.setattr(threading.Event, "wait", real)
            raise KeyboardInterrupt
        return real(self, timeout)

    trial = session.ask()
    monkeypatch.setattr(threading.Event, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        session.measure(trial)
    result = session.close()
    assert (result.state, result.reason) == (SessionState.STOPPED, "Ctrl-C")
    with pytest.raises(hil.NothingLeft, match="the session has ended: Ctrl-C"):
        session.ask()


def test_a_stop_from_outside_is_heard_while_it_waits(bench: Bench) -> None:
    with opened(bench) as session:
        session.measure()
        with bench.database() as database:
            database.request_stop("last", "the fire alarm")
        until(session._ended.is_set)
        with pytest.raises(hil.NothingLeft, match="fire alarm"):
            session.ask()
    assert session.result().state is SessionState.STOPPED


def test_two_at_once_are_refused_as_ever(bench: Bench) -> None:
    with opened(bench), pytest.raises(hil.RigHeld):
        opened(bench)


@pytest.mark.parametrize("options", [{}, {"session": "s.toml", "resume": "last"}])
def test_one_of_file_and_resume_is_needed(options: dict[str, Any]) -> None:
    with pytest.raises(hil.InputError, match="give a session file, or resume=SESSION"):
        hil.open_session(**options)


def test_a_file_that_is_wrong_is_refused_before_anything(tmp_path: Path) -> None:
    with pytest.raises(hil.InputError, match="no such file"):
        hil.open_session(tmp_path / "no.toml", f"sqlite:///{tmp_path / 'hil.db'}")
    assert not list(tmp_path.iterdir())


def test_while_it_waits_the_sample_is_dark(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hil.session.waiting.DARK_AFTER_S", 0.3)
    rests: list[float] = []
    from hil.rig.capture import Capture

    real = Capture.rest
    monkeypatch.setattr(Capture, "rest", lambda self: (rests.append(0.0), real(self))[1])
    with opened(bench, trials=2) as session:
        one = session.measure()
        until(lambda: len(rests) == 1)
        other = session.measure(dict.fromkeys([Z], one.settings[Z]))
        assert other.state is TrialState.COMPLETE
        # lit again, as the session file says
        assert np.mean(session.frames(other)) > 110
