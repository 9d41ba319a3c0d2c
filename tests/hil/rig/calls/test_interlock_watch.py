"""An interlock that opens in the middle is acted upon at once, and raised at the end."""

from __future__ import annotations

import threading

import pytest

from drivers.errors import DeviceFault
from hil.errors import InterlockOpen, RigError
from hil.rig.calls.interlock_watch import InterlockWatch


class Door:
    def __init__(self) -> None:
        self.error: Exception | None = None
        self.acted = threading.Event()

    def check(self) -> None:
        if self.error is not None:
            raise self.error

    def watch(self, *, active: bool = True) -> InterlockWatch:
        return InterlockWatch(self.check, self.acted.set, active=active)


def test_one_that_opens_is_acted_upon_while_the_work_goes_on() -> None:
    door = Door()
    with pytest.raises(InterlockOpen, match="door"), door.watch():
        door.error = InterlockOpen("door.state", "= 'open'")
        assert door.acted.wait(10)


def test_what_the_work_says_of_being_stopped_is_not_the_reason() -> None:
    door = Door()
    with pytest.raises(InterlockOpen) as caught, door.watch():
        door.error = InterlockOpen("door.state", "= 'open'")
        assert door.acted.wait(10)
        raise DeviceFault("camera", "capture", "cancelled")
    assert isinstance(caught.value.__cause__, DeviceFault)


def test_one_that_cannot_be_read_is_not_known_to_be_shut() -> None:
    door = Door()
    with pytest.raises(RigError, match="an interlock cannot be read"), door.watch():
        door.error = DeviceFault("door", "read", "no answer")
        assert door.acted.wait(10)


def test_shut_ones_and_none_are_no_matter() -> None:
    door = Door()
    with door.watch():
        pass
    door.error = InterlockOpen("door.state", "= 'open'")
    with door.watch(active=False):
        pass
    assert not door.acted.is_set()
