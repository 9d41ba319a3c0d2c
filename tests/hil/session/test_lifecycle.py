"""A session under way: what it holds, chooses and does at its end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from hil.store import Database
from tests.hil.session_bench import Bench
from tests.hil.small_session import RIG, SESSION


def test_what_the_rig_records_stands_with_every_trial(bench: Bench) -> None:
    bench.write(RIG.replace("\n[[driver]]", '\nrecord = ["light.power_mw"]\n\n[[driver]]'), SESSION)
    bench.run(trials=2)
    with bench.database() as database:
        trials = database.trials("last", where=["light.power_mw > 0.5"])
    assert list(trials["light.power_mw"]) == [1.0, 1.0]


def test_reference_trials_and_fixed_settings(bench: Bench) -> None:
    session = SESSION.replace(
        "[measure]",
        '[fixed]\n"camera.exposure_ms" = 5.0\n\n[reference]\nevery = 2\n'
        'settings = { "mirror.z5_nm" = 30 }\n\n[measure]',
    )
    bench.write(RIG, session)
    bench.run()
    with bench.database() as database:
        rows = database.rows("last")
        trials = database.trials("last", sort="number")
    assert [row.kind for row in rows] == [
        "start",
        "search",
        "reference",
        "search",
        "search",
        "reference",
    ]
    assert trials["mirror.z5_nm"].iloc[2] == 30.0
    assert set(trials["camera.exposure_ms"]) == {5.0}


def test_at_the_end_the_rig_goes_to_the_best_and_parks(bench: Bench) -> None:
    bench.write(RIG, SESSION.replace("trials = 6", 'trials = 6\nat_end = "best"'))
    result = bench.run()
    assert bench.events() == ["setup", "move", "park"]
    with bench.database() as database:
        detail = database.events("last")["detail"].iloc[1]
    assert detail["to"] == dict(result.best_settings)


def test_best_chooses_once_for_all_trials(bench: Bench) -> None:
    bench.write(RIG, SESSION.replace('"stationary"', '"best"'))
    bench.run(trials=2)
    bench.resume(trials=4)
    with bench.database() as database:
        estimates = database.estimates("last")
    chosen = estimates["details"].iloc[0]["chosen"]
    assert list(estimates["estimator"])[1:] == [chosen] * 3


@pytest.mark.parametrize("name", ["hil-estimates", "hil-frames", "hil-records"])
def test_what_fails_before_the_loop_leaves_no_session_running(
    name: str, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system grants no further thread, say."""
    real = threading.Thread.start

    def start(thread: threading.Thread) -> None:
        if thread.name == name:
            raise RuntimeError("can't start new thread")
        real(thread)

    with monkeypatch.context() as here, pytest.raises(RuntimeError):
        here.setattr(threading.Thread, "start", start)
        bench.run(trials=1)
    with bench.database() as database:
        record = database.session("last")
    assert (record.state, record.reason) == ("FAILED", "RuntimeError: can't start new thread")
    assert bench.resume(trials=1).state == "COMPLETE"


def signal_after(real: Callable[..., Any]) -> Callable[..., Any]:
    """Have a signal come between a call and whatever its caller does next."""

    def work(*arguments: Any, **named: Any) -> Any:
        real(*arguments, **named)
        raise KeyboardInterrupt("terminated")

    return work


def test_a_signal_just_after_a_session_is_made_ends_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its row is committed, and its maker does not know yet which it is."""
    with monkeypatch.context() as here, pytest.raises(KeyboardInterrupt):
        here.setattr(Database, "create_session", signal_after(Database.create_session))
        bench.run(trials=1)
    with bench.database() as database:
        record = database.session("last")
    assert (record.state, record.reason) == ("STOPPED", "terminated")
    assert bench.resume(trials=1).state == "COMPLETE"


def test_a_signal_while_a_session_is_announced_ends_it(bench: Bench) -> None:
    with pytest.raises(KeyboardInterrupt):
        bench.run(trials=1, on_start=signal_after(lambda _session: None))
    with bench.database() as database:
        record = database.session("last")
    assert (record.state, record.reason) == ("STOPPED", "terminated")
