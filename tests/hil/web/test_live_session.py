"""What the page of a session says, from the rows alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

import hil
from hil.records.estimate import Assessment, Estimate
from hil.records.frames import FieldFrames
from hil.records.request import Wish, ask
from hil.records.session import SessionState
from hil.records.trial import Proposal, TrialState
from hil.store import Database
from hil.web.live_session import LiveSession
from tests.hil.session_bench import run_files, url
from tests.hil.small_session import RIG, SESSION


def test_a_running_session(database: Database, measured: Callable[..., str]) -> None:
    key = measured(n=6, note="oil", tags=("a", "b"))
    seen = LiveSession(database, key).look()
    facts = dict(seen.facts)
    assert (seen.n_ended, seen.n_trials, seen.ended) == (6, 6, False)
    assert facts["trials ended"] == "5 COMPLETE, 1 FAILED"
    assert facts["time left"].startswith("0.0 s")
    assert (facts["note"], facts["tags"]) == ("oil", "a, b")
    best = database.trials(key, sort="-objective", limit=1).iloc[0]
    assert seen.best.startswith(f"{best['objective']:.4g} (")
    assert seen.best.endswith(f"trial {best['number']}")
    assert {name for name, _ in seen.settings} == {"stage.x_um", "stage.y_um"}
    last, shown_best = seen.pictures
    assert (last.number, shown_best.number) == (5, best["number"])
    assert (last.low, last.high) == (shown_best.low, shown_best.high), "one grey scale"
    assert seen.wishes == ("pause", "stop")


def test_time_left_is_pace_times_what_is_left(
    database: Database, measured: Callable[..., str]
) -> None:
    seen = LiveSession(database, measured(n=4, n_trials=9)).look()
    ends = database.trials(seen.record.id)["finished_at"]
    pace_s = ends.diff().dt.total_seconds().median()
    assert f"{pace_s:.1f} s a trial" in dict(seen.facts)["pace"]
    assert dict(seen.facts)["time left"].startswith(f"{5 * pace_s:.0f} s at most")


def test_the_digest_changes_with_what_is_seen_only(
    database: Database, measured: Callable[..., str]
) -> None:
    key = measured(n=2)
    live = LiveSession(database, key)
    before = live._look()
    assert live._look() == before
    database.request(key, ask(Wish.PAUSE, "lunch"), datetime(2026, 1, 2, tzinfo=UTC))
    after = live._look()
    assert after.digest != before.digest
    assert after.events[0][2:] == ("pause_requested", after.events[0][3])
    assert "why: lunch" in after.events[0][3]
    assert after.heard_at == datetime(2026, 1, 2, tzinfo=UTC)


def test_sessions_without_trials_or_that_have_ended(
    database: Database, measured: Callable[..., str]
) -> None:
    seen = LiveSession(database, measured(n=0)).look()
    assert seen.best == "Nothing yet: no trial is complete."
    assert seen.pictures == ()
    assert "not known" in dict(seen.facts)["time left"]
    key = measured(n=1)
    at = datetime(2026, 1, 3, tzinfo=UTC)
    with database.store(key, controller="scope", clock=_Clock()) as store:
        store.session_state(SessionState.STOPPED, at, "lunch")
    seen = LiveSession(database, key).look()
    assert (seen.ended, seen.wishes) == (True, ())
    assert dict(seen.facts)["state"] == "STOPPED: lunch"


def test_of_a_session_that_has_ended_the_best_is_the_winner_that_it_named(tmp_path: Path) -> None:
    session = SESSION.replace("trials = 6", "trials = 9") + "\n[finish]\nremeasure = 2\n"
    won = run_files(tmp_path, RIG, session).winner
    assert won is not None
    with hil.open_database(url(tmp_path), read_only=True) as database:
        seen = LiveSession(database, database.session("last").id).look()
    said = f"{won.objective:.4g} ({won.ci_low:.4g} to {won.ci_high:.4g}) bits_per_pixel"
    assert seen.best.startswith(f"{said}, trial {won.number}")


def test_a_trial_that_waits_for_approval(database: Database, measured: Callable[..., str]) -> None:
    key = measured(n=1, n_trials=3)
    with database.store(key, controller="scope", clock=_Clock()) as store:
        trial = store.propose(lambda *_: Proposal("search", {"stage.x_um": 9.0}))
        said = {"trial": trial.number, "moves": {"stage.x_um": "from 0 to <9>"}}
        store.event("approval_needed", _Clock().now(), said)
        seen = LiveSession(database, key).look()
    assert seen.waiting == ((1, "stage.x_um from 0 to <9>"),)
    assert seen.wishes == ("stop",)


def test_metrics_of_the_best_trial_and_of_the_last(
    database: Database, measured: Callable[..., str]
) -> None:
    key = measured(n=2, n_trials=5)
    assert LiveSession(database, key).look().metrics.rows == ()
    with database.store(key, controller="scope", clock=_Clock()) as store:
        for x, snr in ((3.0, 7.0), (9.0, None)):
            trial = store.propose(lambda *_, x=x: Proposal("search", {"stage.x_um": x}))
            at, values = _Clock().now(), {"snr": snr, "brenner": 100 * x}
            store.applied(trial, at, {"stage.x_um": x})
            pixels = np.zeros((1, 4, 4), np.uint16)
            store.frames(trial, FieldFrames(0, pixels, 10.0, 4095, at))
            store.captured(trial, at, device_s=0.5)
            bits = 3.0 - 0.01 * (x - 3) ** 2
            details = {"metrics": {name: one for name, one in values.items() if one is not None}}
            estimate = Estimate(bits, bits, bits, 3.0, 2.0, "predictive", 9, 3, 0.1, (), details)
            store.estimated(trial, at, Assessment(estimate, {"bits_per_pixel": bits}, {}))
            store.finish(trial, TrialState.COMPLETE, at)
    seen = LiveSession(database, key).look()
    assert seen.metrics.numbers == (2, 3)
    assert seen.metrics.rows == (("brenner", ("300", "900")), ("snr", ("7", "-")))
    assert "metrics" in [one.kind for one in seen.figures]


def test_figures_of_settings_are_shown_where_settings_were_moved(
    database: Database, measured: Callable[..., str]
) -> None:
    of_settings = {"slices", "importance", "pairs", "parallel"}
    seen = LiveSession(database, measured(n=3)).look()
    assert of_settings <= {one.kind for one in seen.figures}
    key = measured(n=0, n_trials=2)  # a scan: settings without a search
    with database.store(key, controller="scope", clock=_Clock()) as store:
        for x in (1.0, 2.0):
            held = {"stage.x_um": x, "stage.y_um": 5.0}
            trial = store.propose(lambda *_, held=held: Proposal("search", held))
            store.finish(trial, TrialState.FAILED, _Clock().now(), "late")
    shown = {one.kind for one in LiveSession(database, key).look().figures}
    assert shown & of_settings == {"slices"}


def test_of_several_objectives_the_best_in_the_first_is_said_to_be_that(
    database: Database, measured: Callable[..., str]
) -> None:
    key = measured(objectives=("bits_per_pixel", "metric.snr"))
    assert "the best in this alone" in LiveSession(database, key).look().best


class _Clock:
    def now(self) -> datetime:
        return datetime(2026, 1, 3, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0
