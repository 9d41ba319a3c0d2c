"""What all simulated devices share: settings that are checked, move at a rate, and stop."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from drivers.errors import DeviceLost, NotReached, SettleTimeout, UnknownSetting
from drivers.protocol import Setting
from drivers.types import Value
from drivers.values import check_allowed
from sim.parts.simulated_clock import Pace


@dataclass(frozen=True, slots=True)
class Axis:
    """A setting with its mechanics.

    Parameters
    ----------
    setting
        As the device describes it.
    initial
        Value when the rig is opened.
    latency_s
        Time that any change takes.
    rate_per_s
        Speed of a change, in the setting's unit a second; infinite for a jump.
    """

    setting: Setting
    initial: Value
    latency_s: float = 0.0
    rate_per_s: float = float("inf")


class Link:
    """The wire between program and devices: one for all devices of a connection."""

    def __init__(self) -> None:
        self.is_open = True


@dataclass(slots=True)
class _Motion:
    """A change under way, or done: from `origin` at `begun_s` to `target` `lasts_s` later."""

    origin: Value
    target: Value
    begun_s: float
    lasts_s: float

    def remaining_s(self, now_s: float) -> float:
        return max(0.0, self.begun_s + self.lasts_s - now_s)

    def value(self, now_s: float) -> Value:
        if self.remaining_s(now_s) == 0:
            return self.target
        if isinstance(self.origin, str) or isinstance(self.target, str):
            return self.origin
        return self.origin + (self.target - self.origin) * (now_s - self.begun_s) / self.lasts_s


class SimulatedDevice:
    """A device of numbers that follow their targets.

    Parameters
    ----------
    label
        The device's name.
    axes
        Its settings, in the order of ``describe``.
    pace
        How time passes.
    link
        Closed with the connection; every later call raises `DeviceLost`.
    truth
        What the simulation hides.
    """

    def __init__(
        self, label: str, axes: Iterable[Axis], pace: Pace, link: Link, truth: object = None
    ) -> None:
        self.truth = truth
        self._label = label
        self._axes = {axis.setting.name: axis for axis in axes}
        self._pace = pace
        self._link = link
        self._guard = threading.Lock()  # stop() comes from any thread
        self._stopped = threading.Event()
        self._motions = {
            name: _Motion(axis.initial, axis.initial, 0.0, 0.0) for name, axis in self._axes.items()
        }
        self._wanted: dict[str, Value] = {}

    @property
    def label(self) -> str:
        """The device's name, the LABEL of its settings."""
        return self._label

    def describe(self) -> tuple[Setting, ...]:
        """All settings, in a stable order."""
        return tuple(axis.setting for axis in self._axes.values())

    def read(self, setting: str) -> Value:
        """Where the setting is now, also in the middle of a change.

        Raises
        ------
        UnknownSetting, DeviceLost
        """
        self._require_link()
        self._require_known(setting)
        return self.present()[setting]

    def present(self) -> dict[str, Value]:
        """Where all settings are now, for the simulation itself: also when the link is closed."""
        now_s = self._pace.monotonic_s()
        with self._guard:
            return {name: motion.value(now_s) for name, motion in self._motions.items()}

    def start(self, values: Mapping[str, Value]) -> None:
        """Check all values, then begin to apply them.

        Raises
        ------
        UnknownSetting, ValueRefused, DeviceLost
        """
        self._require_link()
        for name, value in values.items():
            self._require_known(name)
            check_allowed(self._axes[name].setting, value)
        now_s = self._pace.monotonic_s()
        with self._guard:
            self._stopped.clear()
            self._wanted = dict(values)
            for name, value in values.items():
                origin = self._motions[name].value(now_s)
                lasts_s = self._pace.lasts(_duration_s(self._axes[name], origin, value))
                target = float(value) if self._axes[name].setting.kind == "float" else value
                self._motions[name] = _Motion(origin, target, now_s, lasts_s)

    def settle(self, timeout_s: float) -> None:
        """Wait until what the last ``start`` began is done.

        Raises
        ------
        SettleTimeout
            After `timeout_s`; the motion has been stopped.
        NotReached
            ``stop`` ended the motion before its target.
        DeviceLost
        """
        self._require_link()
        now_s = self._pace.monotonic_s()
        with self._guard:
            left = {name: self._motions[name].remaining_s(now_s) for name in self._wanted}
        slowest = max(left, key=left.__getitem__, default=None)
        if slowest is None:
            return
        late = left[slowest] > timeout_s
        stopped = self._pace.wait(min(left[slowest], timeout_s), self._stopped)
        if late and not stopped:
            self.stop()
            unit = self._axes[slowest].setting.unit
            raise SettleTimeout(slowest, self._wanted[slowest], self.read(slowest), timeout_s, unit)
        for name, wanted in self._wanted.items():
            reached = self._motions[name].target
            if not _close(reached, wanted, self._axes[name].setting.tolerance):
                raise NotReached(name, wanted, reached, self._axes[name].setting.unit)

    def stop(self) -> None:
        """Freeze every setting where it is. Any thread; never raises."""
        now_s = self._pace.monotonic_s()
        with self._guard:
            for name, motion in self._motions.items():
                here = motion.value(now_s)
                self._motions[name] = _Motion(here, here, now_s, 0.0)
            self._stopped.set()

    def _require_link(self) -> None:
        if not self._link.is_open:
            raise DeviceLost(self._label, "the connection is closed")

    def _require_known(self, name: str) -> None:
        if name not in self._axes:
            raise UnknownSetting(name, tuple(self._axes))


def _duration_s(axis: Axis, origin: Value, target: Value) -> float:
    if isinstance(origin, str) or isinstance(target, str):
        return 0.0 if origin == target else axis.latency_s
    distance = abs(target - origin)
    return axis.latency_s + distance / axis.rate_per_s if distance else 0.0


def _close(reached: Value, wanted: Value, tolerance: float) -> bool:
    if isinstance(reached, str) or isinstance(wanted, str):
        return reached == wanted
    return abs(reached - wanted) <= tolerance
