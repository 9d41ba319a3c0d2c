"""Settings of simulated devices: checked, moved in time, stopped. Time is the test's own."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from drivers.errors import DeviceLost, NotReached, SettleTimeout, UnknownSetting, ValueRefused
from drivers.protocol import Setting
from drivers.types import Value
from sim.parts.devices import Axis, Link, SimulatedDevice

Z = Setting("piezo.z_um", "float", "um", -10.0, 10.0, tolerance=1e-6)
SLOT = Setting("piezo.slot", "int", "", 0, 5)
MODE = Setting("piezo.mode", "choice", choices=("slow", "fast"))
SERIAL = Setting("piezo.serial", "int", read_only=True)


class Script:
    """A clock that moves when somebody waits, and does something at one moment of a wait."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.at_s = float("inf")
        self.then: Callable[[], None] = lambda: None

    def monotonic_s(self) -> float:
        return self.now_s

    def utc(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.now_s)

    def lasts(self, seconds: float) -> float:
        return seconds

    def wait(self, seconds: float, interrupted: threading.Event) -> bool:
        end_s = self.now_s + seconds
        if self.now_s <= self.at_s <= end_s:
            self.now_s, self.at_s = self.at_s, float("inf")
            self.then()
            if interrupted.is_set():
                return True
        self.now_s = end_s
        return interrupted.is_set()


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def link() -> Link:
    return Link()


@pytest.fixture
def piezo(script: Script, link: Link) -> SimulatedDevice:
    axes = (
        Axis(Z, 0.0, latency_s=0.1, rate_per_s=2.0),
        Axis(SLOT, 1),
        Axis(MODE, "slow", latency_s=0.5),
        Axis(SERIAL, 77),
    )
    return SimulatedDevice("piezo", axes, script, link)


def test_describe_names_the_settings_in_order(piezo: SimulatedDevice) -> None:
    assert piezo.label == "piezo"
    assert piezo.describe() == (Z, SLOT, MODE, SERIAL)


def test_a_move_takes_latency_and_distance_over_rate(
    piezo: SimulatedDevice, script: Script
) -> None:
    piezo.start({"piezo.z_um": 4})
    assert script.now_s == 100.0
    assert piezo.read("piezo.z_um") == 0.0
    piezo.settle(timeout_s=5)
    assert script.now_s == pytest.approx(100.0 + 0.1 + 4 / 2)
    assert piezo.read("piezo.z_um") == 4.0
    assert isinstance(piezo.read("piezo.z_um"), float)


def test_read_in_the_middle_of_a_move_says_where_it_is(
    piezo: SimulatedDevice, script: Script
) -> None:
    piezo.start({"piezo.z_um": 4.0})
    script.now_s += 1.05
    assert piezo.read("piezo.z_um") == pytest.approx(2.0)


def test_settings_move_together_and_the_slowest_decides(
    piezo: SimulatedDevice, script: Script
) -> None:
    piezo.start({"piezo.z_um": 0.2, "piezo.mode": "fast", "piezo.slot": 3})
    piezo.settle(timeout_s=5)
    assert script.now_s == pytest.approx(100.5)
    assert [piezo.read(f"piezo.{name}") for name in ("z_um", "mode", "slot")] == [0.2, "fast", 3]


def test_what_does_not_move_settles_at_once(piezo: SimulatedDevice, script: Script) -> None:
    piezo.settle(timeout_s=0)
    piezo.start({"piezo.z_um": 0.0})
    piezo.settle(timeout_s=0)
    assert script.now_s == 100.0


def test_settle_timeout_stops_the_motion(piezo: SimulatedDevice, script: Script) -> None:
    piezo.start({"piezo.z_um": 8.0})
    with pytest.raises(SettleTimeout, match=r"piezo\.z_um did not settle at 8\.0 um within 2 s"):
        piezo.settle(timeout_s=2.0)
    here = piezo.read("piezo.z_um")
    script.now_s += 100
    assert piezo.read("piezo.z_um") == here == pytest.approx(8 * 2.0 / 4.1)


def test_stop_during_settle_ends_it_short_of_the_target(
    piezo: SimulatedDevice, script: Script
) -> None:
    script.at_s, script.then = 101.05, piezo.stop
    piezo.start({"piezo.z_um": 4.0})
    with pytest.raises(NotReached, match=r"piezo\.z_um was set to 4\.0 um and reads back"):
        piezo.settle(timeout_s=5)
    assert script.now_s == 101.05
    assert piezo.read("piezo.z_um") == pytest.approx(2.0)


def test_a_new_start_follows_a_stop(piezo: SimulatedDevice) -> None:
    piezo.start({"piezo.z_um": 4.0})
    piezo.stop()
    piezo.start({"piezo.z_um": 1.0})
    piezo.settle(timeout_s=5)
    assert piezo.read("piezo.z_um") == 1.0


REFUSED: list[tuple[str, object]] = [
    ("piezo.z_um", 10.001),
    ("piezo.z_um", float("nan")),
    ("piezo.z_um", float("-inf")),
    ("piezo.z_um", "1"),
    ("piezo.z_um", True),
    ("piezo.slot", 2.7),
    ("piezo.slot", 2.0),
    ("piezo.slot", 6),
    ("piezo.mode", "medium"),
    ("piezo.mode", 0),
    ("piezo.serial", 78),
]


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_a_wrong_value_is_refused_and_nothing_of_the_call_is_applied(
    piezo: SimulatedDevice, name: str, value: Value
) -> None:
    before = piezo.present()
    with pytest.raises(ValueRefused) as refusal:
        piezo.start({"piezo.slot": 4, "piezo.z_um": 1.0} | {name: value})
    assert refusal.value.setting == name
    assert piezo.present() == before


def test_an_unknown_setting_is_named(piezo: SimulatedDevice) -> None:
    with pytest.raises(UnknownSetting, match=r"piezo\.y_um"):
        piezo.read("piezo.y_um")
    with pytest.raises(UnknownSetting):
        piezo.start({"piezo.y_um": 1.0})


def test_a_closed_link_is_a_lost_device_but_stop_never_raises(
    piezo: SimulatedDevice, link: Link
) -> None:
    link.is_open = False
    for call in (
        lambda: piezo.read("piezo.z_um"),
        lambda: piezo.start({"piezo.z_um": 1.0}),
        lambda: piezo.settle(1.0),
    ):
        with pytest.raises(DeviceLost, match="piezo is gone"):
            call()
    piezo.stop()
