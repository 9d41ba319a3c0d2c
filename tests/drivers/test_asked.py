"""A device that is told and asked: what it refuses, waits for, and gives up."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from drivers.asked import AskedDevice
from drivers.errors import DeviceFault, NotReached, SettleTimeout, UnknownSetting, ValueRefused
from drivers.protocol import Setting
from drivers.types import Value

X, Y = Setting("s.x", "float", "um", 0.0, 9.0), Setting("s.y", "float", "um", 0.0, 9.0)


class Slow(AskedDevice):
    """Each question brings a setting one nearer."""

    def __init__(self) -> None:
        self.now = 0.0
        super().__init__("s", (X, Y), lambda: self.now)
        self.at: dict[str, float] = {"s.x": 0.0, "s.y": 0.0}
        self.sent: list[str] = []
        self.deaf = False

    def read(self, setting: str) -> Value:
        if self.deaf:
            raise DeviceFault("s", "read", "deaf")
        return self.at[self._known(setting).name]

    def stop(self) -> None:
        self._stopped.set()

    def _send(self, values: Mapping[str, Value]) -> None:
        self.sent += values

    def _rests(self, name: str, wanted: Value) -> bool:
        assert not isinstance(wanted, str)
        self.now += 1.0
        self.at[name] += min(1.0, wanted - self.at[name])
        return self.at[name] == wanted

    def _every_s(self, name: str) -> float:
        return 0.0


def test_all_rest_before_it_has_settled() -> None:
    device = Slow()
    device.start({"s.x": 2.0, "s.y": 3.0})
    device.settle(100.0)
    assert (device.read("s.x"), device.read("s.y")) == (2.0, 3.0)


def test_nothing_is_sent_where_one_value_is_refused() -> None:
    device = Slow()
    with pytest.raises(ValueRefused):
        device.start({"s.x": 1.0, "s.y": 10.0})
    with pytest.raises(UnknownSetting):
        device.start({"s.x": 1.0, "s.z": 1.0})
    assert device.sent == []


@pytest.mark.parametrize("deaf", [False, True])
def test_one_that_is_late_is_stopped_and_told(deaf: bool) -> None:
    device = Slow()
    device.start({"s.x": 9.0})
    device.deaf = deaf
    with pytest.raises(SettleTimeout) as caught:
        device.settle(2.5)
    assert caught.value.last_seen == ("?" if deaf else 3.0)


def test_a_stop_ends_the_wait() -> None:
    device = Slow()
    device.start({"s.x": 9.0})
    device.stop()
    with pytest.raises(NotReached):
        device.settle(100.0)
