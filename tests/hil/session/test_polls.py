"""The database is asked again and again, and nobody waits for its answers."""

from __future__ import annotations

import threading
import time
from typing import Any

from hil.clock import SystemClock
from hil.errors import RigHeld
from hil.records.request import Request
from hil.session.control.wishes import Wishes
from hil.session.polls import Polls
from hil.supervision.stop import StopSwitch
from tests.hil.session_bench import wait_for


class Store:
    """Answers when it is let."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.asked = 0
        self.reason = "the fire alarm"

    def requested_stop(self) -> str:
        self.asked += 1
        self.go.wait(30)
        return self.reason

    def requests(self) -> list[Request]:
        return []

    def renew_lease(self, at: object) -> None:
        raise RigHeld("somebody else has it")


class Ahead(SystemClock):
    """A clock that is put forward."""

    ahead_s = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead_s


def polls(store: Any, clock: Ahead, stop: StopSwitch) -> Polls:
    return Polls(store, clock, stop, Wishes(stop), lambda: None)


def test_an_answer_that_is_late_holds_nobody_and_is_asked_for_once() -> None:
    store, clock, stop = Store(), Ahead(), StopSwitch()
    asking = polls(store, clock, stop)
    began_s = time.monotonic()
    for ahead_s in (0.0, 2.0, 4.0, 6.0):
        clock.ahead_s = ahead_s
        asking.poll()
    assert time.monotonic() - began_s < 1.0
    assert store.asked == 1
    store.go.set()
    wait_for(lambda: stop.reason == "the fire alarm", 10)


def test_a_lease_that_was_taken_stops_the_devices_and_is_asked_for_no_more() -> None:
    store, clock, stop = Store(), Ahead(), StopSwitch()
    store.reason = ""
    store.go.set()
    asking = polls(store, clock, stop)
    clock.ahead_s = 11.0
    asking.poll()
    wait_for(lambda: stop.reason == "somebody else has it", 10)
    assert isinstance(asking.taken, RigHeld)
    clock.ahead_s = 30.0
    asking.poll()
    assert store.asked == 1
