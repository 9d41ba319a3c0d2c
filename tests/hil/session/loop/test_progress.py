"""What is counted as trials end, and what is shown of it."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest

from hil.records.session import Snapshot
from hil.records.trial import Best, OpenTrial, TrialState
from hil.session.loop.progress import SessionProgress
from tests.hil.ranking.test_leaders import row

TRIAL = OpenTrial("a", 3, "search", {}, fields=(1,))


class StoppedClock:
    seconds = 0.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def shown() -> list[Snapshot]:
    return []


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def progress(shown: list[Snapshot], clock: StoppedClock) -> SessionProgress:
    before = Best(0, 0.5, 0.4, 0.6)
    return SessionProgress(10, 4, clock, lambda: None, shown.append, before)


def test_what_trials_came_to_is_counted(progress: SessionProgress, shown: list[Snapshot]) -> None:
    progress.ended(TRIAL, TrialState.FAILED, "no frames")
    progress.ended(TRIAL, TrialState.FAILED, "no light")
    assert (progress.failures, progress.last_fault) == (2, "trial 3: no light")
    progress.ended(TRIAL, TrialState.COMPLETE, "")
    assert (progress.failures, progress.n_ended, progress.n_complete) == (0, 3, 1)
    progress.ended(TRIAL, TrialState.ABORTED, "Ctrl-C")
    assert (shown[-1].n_ended, shown[-1].n_complete) == (3, 1), "another is measured in its place"
    assert not progress.is_full


def test_the_best_is_of_all_processes_and_the_highest_of_this_one(
    progress: SessionProgress, shown: list[Snapshot]
) -> None:
    assert progress.highest == -math.inf
    progress.compare(Best(1, 0.3, 0.2, 0.4), {"z": 1})
    progress.note("waiting")
    assert (progress.highest, shown[-1].best) == (0.3, Best(0, 0.5, 0.4, 0.6))
    progress.compare(Best(2, 0.7, 0.6, 0.8), {"z": 2})
    progress.note("")
    assert (progress.highest, shown[-1].best) == (0.7, Best(2, 0.7, 0.6, 0.8))


def test_settings_that_are_measured_twice_count_together(
    progress: SessionProgress, shown: list[Snapshot]
) -> None:
    progress.count([])
    for number, value, place in ((1, 0.9, 1.0), (2, 0.7, 2.0), (3, 0.1, 1.0)):
        progress.compare(Best(number, value, value - 0.1, value + 0.1), {"z": place})
    progress.count([row(1, 1.0, 0.9), row(2, 2.0, 0.7), row(3, 1.0, 0.1)])
    progress.note("")
    assert shown[-1].best is not None and shown[-1].best.number == 2, "not the luckiest"


def test_the_time_left_is_by_this_process_s_pace(
    progress: SessionProgress, shown: list[Snapshot], clock: StoppedClock
) -> None:
    progress.note("")
    assert math.isnan(shown[-1].seconds_left)
    clock.seconds += 6.0
    for _ in range(2):
        progress.ended(TRIAL, TrialState.COMPLETE, "")
    assert (shown[-1].seconds_per_trial, shown[-1].seconds_left) == (3.0, 24.0)
    assert (shown[-1].field, shown[-1].n_fields) == (0, 1), "of the fields that it takes"
    progress.note("")
    assert shown[-1].n_fields == 4
