"""All rows at once say what the first few say row by row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest

from hil.records.trial import TrialState
from hil.store import Database, NewSession
from tests.hil.store.conftest import Run, TestClock, assessment


@pytest.fixture
def filled(
    db: Database,
    clock: TestClock,
    new_session: Callable[..., NewSession],
    make_run: Callable[..., Run],
) -> str:
    """A session with trials of all ends, a winner and another before it; and one without any."""
    key = db.create_session(new_session())
    with db.store(key, controller="scope", clock=clock) as store:
        run = make_run(store)
        for number in (0, 1):
            trial = run.captured(**{"Z.position_um": float(number)})
            found = assessment(1.0 + number)
            details = {"dose_mj": 2.5 * number, "lower_bits": 0.5, "metrics": {"snr": 3.0}}
            estimate = replace(found.estimate, flags=("noise_mismatch",), details=details)
            store.estimated(trial, clock.now(), replace(found, estimate=estimate))
            store.finish(trial, TrialState.COMPLETE, clock.now())
            store.event("winner", clock.now(), {"number": number, "objective": 0.9 + number})
        run.complete(0.5, **{"Z.position_um": 7.0})
        run.failed("late", **{"Z.position_um": 9.0})
        run.captured(**{"Z.position_um": 3.0})
    db.create_session(new_session(name="empty"))
    return key


def test_trials(db: Database, filled: str) -> None:
    for session in (filled, None):
        for question in ({}, {"sort": "-objective"}, {"where": ["Z.position_um > 0"]}):
            some = db.trials(session, limit=100, **question)
            pd.testing.assert_frame_equal(db.trials(session, **question), some)
    found = db.trials(filled)
    assert list(found["dose_mj"][:2]) == [0.0, 2.5]
    assert list(found["flags"][:2]) == [["noise_mismatch"]] * 2
    assert list(found["n_frames"].notna()) == [True, True, True, False, True]
    assert set(found["metric.snr"].dropna()) == {3.0}


def test_an_estimate_made_later_doubles_no_trial(db: Database, filled: str) -> None:
    before = db.trials(filled)
    with db._writing() as connection:
        columns = "trial_id, estimator, n_patches, n_units, flags, details"
        connection.exec_driver_sql(
            f"INSERT INTO estimate (id, created_at, {columns})"
            f" SELECT 'later' || substr(id, 6), '2036-01-01', {columns} FROM estimate"
        )
    pd.testing.assert_frame_equal(db.trials(filled), before)
    assert sum(part.num_rows for part in db.trial_parts(filled)) == len(before)


def test_sessions(db: Database, filled: str) -> None:
    every = db.sessions()
    pd.testing.assert_frame_equal(every, db.sessions(limit=100))
    for sort in ("-best", "best_trial", "n_complete", "-winner"):
        pd.testing.assert_frame_equal(db.sessions(sort=sort), db.sessions(sort=sort, limit=9))
    assert list(every["n_complete"]) == [0, 3]
    mine = every[every["session_id"] == filled].iloc[0]
    assert (mine["best"], mine["winner"], mine["winner_objective"]) == (2.0, 1.0, 1.9)
