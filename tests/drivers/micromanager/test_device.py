"""Waiting: what is busy, late, stopped, or at rest elsewhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

import pytest

from drivers.errors import DeviceFault, DeviceLost, NotReached, SettleTimeout
from drivers.micromanager.device import MicroManagerDevice
from drivers.micromanager.kind import MicroManagerConnection
from drivers.protocol import Setting
from drivers.types import Value
from tests.drivers.conftest import Open

SLOW = """
Device,Slow,NotificationTester,NTAsyncProperty
Property,Core,Initialize,1
Property,Slow,SlewTimePerUnit_s,{slew_s}
Property,Slow,UpdateInterval_s,0.01
"""


class Follower:
    """A part that takes a value at once and shows it only after so many reads."""

    def __init__(self, reads: int, shows: Callable[[int], float]) -> None:
        self.settings = (Setting("Z.follower", "float", unit="um", tolerance=0.1),)
        self._reads = reads
        self._shows = shows
        self._seen = 0
        self._wanted = 0.0

    def check(self, values: Mapping[str, Value]) -> None:
        pass

    def send(self, values: Mapping[str, Value]) -> None:
        self._wanted = float(values["Z.follower"])

    def read(self, name: str) -> Value:
        self._seen += 1
        return self._wanted if self._seen > self._reads else self._shows(self._seen)


def follower(demo: MicroManagerConnection, part: Follower) -> MicroManagerDevice:
    # The core says that Z is not busy all the while, as it does for AsyncPropertyFollower.
    return MicroManagerDevice(demo._core, "Z", [part])


def test_one_that_follows_late_is_waited_for(demo: MicroManagerConnection) -> None:
    device = follower(demo, Follower(reads=20, shows=lambda k: 0.0))
    device.start({"Z.follower": 5.0})
    device.settle(5.0)
    assert device.read("Z.follower") == 5.0


def test_one_at_rest_elsewhere_is_told(demo: MicroManagerConnection) -> None:
    device = follower(demo, Follower(reads=10**9, shows=lambda k: 4.5))
    device.start({"Z.follower": 5.0})
    with pytest.raises(NotReached, match=r"set to 5.0 um and reads back 4.5 um"):
        device.settle(0.1)


def test_one_that_still_changes_has_timed_out(demo: MicroManagerConnection) -> None:
    device = follower(demo, Follower(reads=10**9, shows=lambda k: 100.0 + k))
    device.start({"Z.follower": 5.0})
    with pytest.raises(SettleTimeout, match=r"did not settle at 5.0 um within 0\.1"):
        device.settle(0.1)


def test_settle_waits_while_the_device_is_busy(open_config: Open) -> None:
    device = open_config(SLOW.format(slew_s=0.1)).devices["Slow"]
    device.start({"Slow.TestProperty": 2.0})
    began = time.monotonic()
    device.settle(5.0)
    assert time.monotonic() - began >= 0.15
    assert device.read("Slow.TestProperty") == 2.0


def test_a_busy_device_times_out(open_config: Open) -> None:
    device = open_config(SLOW.format(slew_s=0.5)).devices["Slow"]
    device.start({"Slow.TestProperty": 2.0})
    with pytest.raises(SettleTimeout) as caught:
        device.settle(0.1)
    assert (caught.value.setting, caught.value.requested) == ("Slow.TestProperty", 2.0)


def test_an_xy_move_that_times_out_is_stopped(demo: MicroManagerConnection) -> None:
    """Without stop the stage would go on: here for two more seconds."""
    stage = demo.devices["XY"]
    stage.start({"XY.x_um": 20000.0})
    with pytest.raises(SettleTimeout, match=r"XY.x_um did not settle at 20000.0 um within"):
        stage.settle(0.05)
    stopped_at = stage.read("XY.x_um")
    assert stopped_at < 10000.0
    assert not demo._core.deviceBusy("XY")
    assert stage.read("XY.x_um") == stopped_at


def test_stop_from_another_thread_ends_a_move(demo: MicroManagerConnection) -> None:
    stage = demo.devices["XY"]
    stage.start({"XY.x_um": 50000.0})
    thread = threading.Timer(0.05, stage.stop)
    thread.start()
    began = time.monotonic()
    with pytest.raises(NotReached):
        stage.settle(30.0)
    thread.join()
    assert time.monotonic() - began < 2.0


def test_a_device_that_refuses_says_so_in_the_rigs_words(demo: MicroManagerConnection) -> None:
    with pytest.raises(DeviceFault, match=r"^Z: setting Z.position_um: Position out of range"):
        demo.devices["Z"].start({"Z.position_um": 1e9})


def test_after_close_devices_are_lost(demo: MicroManagerConnection) -> None:
    demo.close()
    with pytest.raises(DeviceLost, match="Z is gone: the connection is closed"):
        demo.devices["Z"].read("Z.position_um")
    with pytest.raises(DeviceLost):
        demo.devices["Z"].start({"Z.position_um": 1.0})
