"""Simulated time passes on a clock of its own, or as the computer's."""

from __future__ import annotations

import threading
from datetime import UTC, timedelta

from sim.parts.simulated_clock import AsFastAsPossible, RealTime


def test_waiting_sets_the_clock_forward_by_what_was_waited_for() -> None:
    pace, event = AsFastAsPossible(), threading.Event()
    for seconds in (3600.0, 0.5, -1.0):
        assert not pace.wait(seconds, event)
    assert pace.monotonic_s() == 3600.5


def test_who_is_interrupted_has_not_waited() -> None:
    pace, event = AsFastAsPossible(), threading.Event()
    event.set()
    assert pace.wait(3600.0, event)
    assert pace.monotonic_s() == 0.0
    assert RealTime().wait(3600.0, event)


def test_things_last_as_long_as_on_hardware_and_the_record_has_a_time_zone() -> None:
    for pace in (RealTime(), AsFastAsPossible()):
        assert pace.lasts(0.25) == 0.25
        assert pace.utc().utcoffset() == timedelta(0)
        assert pace.utc().tzinfo is UTC


def test_real_time_runs_forward_by_itself() -> None:
    pace = RealTime()
    before_s = pace.monotonic_s()
    assert not pace.wait(0.0, threading.Event())
    assert pace.monotonic_s() >= before_s
