"""A device that is told a value and asked until it is there: by a line, or over a network."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence

from drivers.errors import DriverError, NotReached, SettleTimeout, UnknownSetting
from drivers.protocol import Setting
from drivers.types import Value
from drivers.values import check_allowed


class AskedDevice(ABC):
    """Settings that are sent and then asked for, each until it rests.

    Parameters
    ----------
    label
        The device's name.
    settings
        All of them, in a stable order.
    clock
        Monotonic seconds.
    """

    def __init__(
        self,
        label: str,
        settings: Sequence[Setting],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._label, self._clock = label, clock
        self._settings = {setting.name: setting for setting in settings}
        self._wanted: dict[str, Value] = {}
        self._stopped = threading.Event()

    @property
    def label(self) -> str:
        """The device's name."""
        return self._label

    def describe(self) -> tuple[Setting, ...]:
        """All settings, in the order of the table."""
        return tuple(self._settings.values())

    def start(self, values: Mapping[str, Value]) -> None:
        """Check all values, then send one after the other.

        Raises
        ------
        UnknownSetting, ValueRefused, DeviceFault, DeviceLost
        """
        for name, value in values.items():
            check_allowed(self._known(name), value)
        self._check(values)
        self._stopped.clear()
        self._wanted = dict(values)
        self._send(values)

    def settle(self, timeout_s: float) -> None:
        """Wait until each setting of the last ``start`` rests.

        Raises
        ------
        SettleTimeout, NotReached, DeviceFault, DeviceLost
        """
        until = self._clock() + timeout_s
        for name, wanted in self._wanted.items():
            while not self._rests(name, wanted):
                left = until - self._clock()
                if left <= 0:
                    self._late(name, wanted, timeout_s)
                if self._stopped.wait(min(self._every_s(name), left)):
                    raise NotReached(name, wanted, self.read(name), self._settings[name].unit)

    @abstractmethod
    def read(self, setting: str) -> Value:
        """Ask the device.

        Raises
        ------
        UnknownSetting, DeviceFault, DeviceLost
        """

    @abstractmethod
    def stop(self) -> None:
        """End a running ``settle``, and what moves. Any thread; never raises."""

    @abstractmethod
    def _send(self, values: Mapping[str, Value]) -> None:
        """Send values, which are allowed ones."""

    @abstractmethod
    def _rests(self, name: str, wanted: Value) -> bool:
        """Say whether a setting has come to rest at what was sent."""

    @abstractmethod
    def _every_s(self, name: str) -> float:
        """Say how long to wait between two questions."""

    def _check(self, values: Mapping[str, Value]) -> None:  # noqa: B027  (most have no more to say)
        """Refuse what the settings allow, and something else does not."""

    def _known(self, name: str) -> Setting:
        if name not in self._settings:
            raise UnknownSetting(name, tuple(self._settings))
        return self._settings[name]

    def _late(self, name: str, wanted: Value, timeout_s: float) -> None:
        self.stop()
        try:
            last: Value = self.read(name)
        except DriverError:
            last = "?"
        raise SettleTimeout(name, wanted, last, timeout_s, self._settings[name].unit)
