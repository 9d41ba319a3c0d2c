"""The database is asked again and again, and nobody waits for its answers."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

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

    def requested_stop(self) -> str:
        self.asked += 1
        self.go.wait(30)
        return "the fire alarm"

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
    return Polls(store, clock, stop, Wishes(stop))


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


def test_a_lease_that_was_taken_is_said_to_who_polls() -> None:
    store, clock = Store(), Ahead()
    store.go.set()
    asking = polls(store, clock, StopSwitch())
    clock.ahead_s = 11.0
    asking.poll()
    with pytest.raises(RigHeld, match="somebody else"):
        wait_for(lambda: bool(asking.poll()), 10)
