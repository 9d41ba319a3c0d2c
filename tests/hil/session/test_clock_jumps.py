"""A computer whose clock is set in mid-session loses nothing, and takes nobody for dead."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import pytest

from hil.clock import SystemClock
from tests.hil.session_bench import Bench

JUMPS_S = [-3600, -180, 180, 3600]


class IsSet(SystemClock):
    """Set once, the sixth time that it is asked after a trial has begun."""

    def __init__(self, by_s: float) -> None:
        self.asked = 0
        self.by = timedelta(seconds=by_s)

    def now(self) -> datetime:
        self.asked += 1
        return super().now() + (self.by if self.asked > 25 else timedelta())


@pytest.mark.parametrize("by_s", JUMPS_S)
def test_no_trial_is_lost_and_durations_are_as_they_were(by_s: float, bench: Bench) -> None:
    clock, began_s = IsSet(by_s), time.monotonic()
    assert bench.run(clock=clock).state == "COMPLETE"
    took_s = time.monotonic() - began_s
    assert clock.asked > 30, "it was set in mid-session"
    assert bench.states() == ["COMPLETE"] * 6
    with bench.database() as database:
        trials = database.trials("last")
        kinds = set(database.events("last")["kind"])
    assert sorted(trials["number"]) == list(range(6))
    assert (trials["total_s"] > 0).all()
    assert trials["total_s"].sum() < took_s
    assert (trials["device_s"] > 0).all()
    assert not kinds & {"guardian_park", "guardian_lost", "left_behind", "device_hangs"}
