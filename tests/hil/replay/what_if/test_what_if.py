from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import hil
from hil.errors import InputError
from hil.records.what_if import LeftOut
from hil.replay.from_frames import replay_frames
from hil.replay.what_if.what_if import supports, what_if
from hil.session.search_space import SearchSpace
from tests.hil.replay.recorded_sessions import copied, session_named
from tests.hil.replay.test_from_frames import execute


@pytest.fixture
def url(tmp_path: Path) -> str:
    return copied(tmp_path)


def test_other_searches_run_on_what_was_recorded_and_nothing_is_written(url: str) -> None:
    session = session_named(url, "regression")
    told: list[object] = []
    with hil.open_database(url) as database:
        found = what_if(
            database,
            session,
            ["sampler=random,qmc"],
            seeds=3,
            trials=5,
            began=told.append,
        )
        assert len(database.sessions()) == 2
    assert told == [found.left_out], "the model's error is told before any search"
    assert [one.name for one in found.outcomes] == ["sampler=random", "sampler=qmc"]
    assert found.n_trials == 6
    for one in (found.recorded, *found.outcomes):
        assert len(one.curves) == 3
        assert (np.diff(one.band.frames) == 8).all(), "4 fields of view with 2 repeats"
        assert (one.band.low <= one.band.median).all() and (one.band.median <= one.band.high).all()
    assert found.outcomes[0].band.frames[-1] == 40
    assert found.recorded.band.frames[-1] == 48


REFUSED = [
    ("UPDATE session SET state = 'RUNNING'", "it still runs"),
    ("UPDATE trial SET state = 'FAILED' WHERE number > 1", "fewer than three trials"),
    ("UPDATE trial SET state = 'FAILED' WHERE number > 2", "3 trials for 2 settings"),
    ("UPDATE trial SET objective = 1.0 + (number % 2) * 0.01, objectives = "
     "json_object('bits_per_pixel', 1.0 + (number % 2) * 0.01)", "hardly better than by their mean"),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "told"), REFUSED)
def test_a_session_that_cannot_support_the_question_is_refused(
    url: str, sql: str, told: str
) -> None:
    session = session_named(url, "regression")
    execute(url, sql)
    with hil.open_database(url) as database, pytest.raises(InputError, match=told):
        what_if(database, session, ["sampler=random"], seeds=2)


def test_a_search_that_crowds_about_its_best_supports_it_by_what_it_tells_of_the_rest() -> None:
    model: Any = SimpleNamespace(rows=range(30), axes=range(3))
    assert supports(model, LeftOut(rms=0.0453, spread=0.109, explained=0.1, covered=0.95)) == ""
    assert "hardly better" in supports(model, LeftOut(0.1, 0.109, 0.1, 0.95))
    assert supports(model, LeftOut(0.1, 0.109, 0.4, 0.95)) == ""


def test_time_and_light_are_rules_too(url: str) -> None:
    session = session_named(url, "regression")
    with hil.open_database(url) as database:
        table = database.trials(session)
        each_s = float(table["total_s"].mean())
        doses = [float(one["dose_mj"]) for one in database.estimates(session)["details"]]
        timed = what_if(
            database, session, ["sampler=random", f"wall_s={3.5 * each_s}"], seeds=2, trials=9
        )
        lit = what_if(
            database, session, ["sampler=random", f"dose_mj={2.5 * max(doses)}"], seeds=2, trials=9
        )
    assert [len(curve.frames) for curve in timed.outcomes[0].curves] == [4, 4]
    assert [len(curve.frames) for curve in lit.outcomes[0].curves] == [2, 2]


def test_time_that_was_not_taken_is_refused(url: str) -> None:
    session = session_named(url, "regression")
    again = replay_frames(session, url)
    told = r"wall_s: session \w+ did not take its frames itself"
    with hil.open_database(url) as database, pytest.raises(InputError, match=told):
        what_if(database, again.session_id, ["wall_s=5"], seeds=2)


def test_light_that_nobody_knows_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    session = session_named(url, "regression")
    monkeypatch.setattr(SearchSpace, "dose_mj", lambda space, values: math.nan)
    told = "dose_mj: the light of a trial is not known"
    with hil.open_database(url) as database:
        with pytest.raises(InputError, match=told):
            what_if(database, session, ["dose_mj=5"], seeds=2)
        what_if(database, session, ["sampler=random"], seeds=2, trials=3)
