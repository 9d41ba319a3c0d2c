"""A computer whose clock is set back by an hour in mid-session loses nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

from hil.clock import SystemClock
from tests.hil.session_bench import Bench


class SetBack(SystemClock):
    asked = 0

    def now(self) -> datetime:
        self.asked += 1
        return super().now() - timedelta(hours=1 if self.asked > 25 else 0)


def test_no_trial_is_lost_and_no_duration_is_negative(bench: Bench) -> None:
    clock = SetBack()
    assert bench.run(clock=clock).state == "COMPLETE"
    assert clock.asked > 30, "it was set back in mid-session"
    assert bench.states() == ["COMPLETE"] * 6
    with bench.database() as database:
        trials = database.trials("last")
    assert sorted(trials["number"]) == list(range(6))
    assert (trials["total_s"] >= 0).all()
    assert (trials["device_s"] > 0).all()
