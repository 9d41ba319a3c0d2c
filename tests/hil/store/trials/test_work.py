"""What of an assessment becomes columns, by the state in which the trial ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from hil.records.estimate import Assessment
from hil.records.trial import TrialState
from hil.store.trials.work import TrialWork

AT = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_complete_trial_has_objective_interval_and_constraints(
    make_assessment: Callable[[float], Assessment],
) -> None:
    work = TrialWork(estimated_at=AT, assessment=make_assessment(2.0))
    found = work.outcome(TrialState.COMPLETE)
    assert (found["objective"], found["objectives"]) == (2.0, {"bits_per_pixel": 2.0})
    assert (found["ci_low"], found["ci_high"]) == (pytest.approx(1.9), pytest.approx(2.1))
    assert found["constraints"] == {"saturated_share": -0.001}
    assert found["estimated_at"] == AT


@pytest.mark.parametrize("state", [TrialState.PRUNED, TrialState.FAILED, TrialState.ABORTED])
def test_any_other_end_keeps_the_constraints_and_claims_no_objective(
    state: TrialState, make_assessment: Callable[[float], Assessment]
) -> None:
    work = TrialWork(estimated_at=AT, assessment=make_assessment(2.0))
    assert set(work.outcome(state)) == {"estimated_at", "constraints"}


def test_without_an_assessment_there_is_nothing_to_write() -> None:
    assert TrialWork().outcome(TrialState.COMPLETE) == {}
