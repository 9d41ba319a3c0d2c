"""What happened in a session, the worst first."""

from __future__ import annotations

from hil.records.events import EventSeverity
from hil.session.happened import what_happened
from tests.hil.session_bench import Bench
from tests.hil.small_session import RIG, SESSION


def test_events_and_failed_trials_are_counted_by_severity(bench: Bench) -> None:
    result = bench.run(trials=1)
    with bench.database() as database:
        key = database.session("last").id
        database.event(key, "park_failed", database.session(key).created_at, {"lamp": "lit"})
        found = what_happened(database, key)
        assert found[0].what == "park_failed"
        assert found[0].severity is EventSeverity.CRITICAL
        assert found[0].last == "lamp: lit"
        ranks = [one.severity.rank for one in found]
        assert ranks == sorted(ranks, reverse=True)
        assert {one.what: one.n for one in found if one.what in ("setup", "park")} == {
            "setup": 1,
            "park": 1,
        }
        assert sorted(database.events(key)["severity"]) == ["critical", "info", "info"]
    assert {one.what for one in result.happened} == {"setup", "park"}


def test_a_failed_trial_is_an_error_with_its_reason(bench: Bench) -> None:
    bench.write(RIG + '\n[[interlock]]\nsetting = "light.power_mw"\nhigh = 0.5\n', SESSION)
    result = bench.run()
    assert result.state == "FAILED"
    happened = {one.what: one for one in result.happened}
    failed, interlock = happened["trial FAILED"], happened["interlock"]
    assert (failed.severity, failed.n) == (EventSeverity.ERROR, 3)
    assert (interlock.severity, interlock.n) == (EventSeverity.WARNING, 3)
    assert failed.last.startswith("trial 2: interlock: light.power_mw = 1.0 ")
