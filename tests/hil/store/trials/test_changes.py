"""A trial's row moves forward alone, and never after its end."""

from __future__ import annotations

from typing import Any

import pytest

from hil.errors import StoreError
from hil.records.trial import TrialState
from hil.store import Database, SqlStore


@pytest.mark.parametrize(
    "end", [TrialState.PRUNED, TrialState.FAILED, TrialState.ABORTED, TrialState.STALE]
)
def test_a_trial_that_ended_never_changes(store: SqlStore, run: Any, end: TrialState) -> None:
    trial = run.propose()
    store.finish(trial, end, run.clock.now(), "why")
    with pytest.raises(StoreError, match="not in work"):
        store.finish(trial, TrialState.COMPLETE, run.clock.now())


def test_two_stores_cannot_both_end_a_trial(
    db: Database, run: Any, session_id: str, clock: Any
) -> None:
    trial = run.captured()
    with db.store(session_id, controller="other", clock=clock) as other:
        other.mark_stale(trial, clock.now(), "its process died")
    with pytest.raises(StoreError, match="trial 0 has ended as STALE"):
        run.store.finish(trial, TrialState.FAILED, clock.now())
    assert db.rows(session_id)[0].state is TrialState.STALE


def test_complete_needs_frames_and_an_assessment(store: SqlStore, run: Any) -> None:
    trial = run.propose()
    with pytest.raises(StoreError, match="not measured"):
        store.finish(trial, TrialState.COMPLETE, run.clock.now())
    trial = run.captured()
    with pytest.raises(StoreError, match="not measured"):
        store.finish(trial, TrialState.COMPLETE, run.clock.now())
