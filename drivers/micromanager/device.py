"""A device behind a label of Micro-Manager: checked, started, and waited for."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from drivers.errors import DriverError, NotReached, SettleTimeout, UnknownSetting
from drivers.micromanager.core import Core
from drivers.micromanager.parts import Part
from drivers.micromanager.values import checked, matches
from drivers.protocol import Setting
from drivers.types import Value

_POLL_S = 0.002
_STILL_S = 0.25
"""A value that changed less than this ago is still on its way."""


@dataclass(slots=True)
class _Wait:
    """One setting that is waited for."""

    setting: Setting
    part: Part
    wanted: Value
    seen: Value | None = None
    changed_at: float = -math.inf

    @property
    def arrived(self) -> bool:
        """Whether it was last seen where it should be."""
        return self.seen is not None and matches(self.setting, self.wanted, self.seen)

    def look(self, now: float) -> None:
        """Read the setting, and note when it changed."""
        value = self.part.read(self.setting.name)
        if self.seen is not None and value != self.seen:
            self.changed_at = now
        self.seen = value


class MicroManagerDevice:
    """Any device: its parts under one label.

    Parameters
    ----------
    core
        The core that it is loaded in.
    label
        Its name.
    parts
        What it is commanded through, in the order in which they are sent.
    moves
        Whether the core can stop it.
    """

    def __init__(self, core: Core, label: str, parts: Sequence[Part], moves: bool = False) -> None:
        self._core = core
        self._label = label
        self._parts = tuple(parts)
        self._moves = moves
        self._settings = {s.name: s for part in self._parts for s in part.settings}
        self._part_of = {s.name: part for part in self._parts for s in part.settings}
        self._waits: list[_Wait] = []
        self._stopped = threading.Event()

    @property
    def label(self) -> str:
        """The device's name."""
        return self._label

    def describe(self) -> tuple[Setting, ...]:
        """All settings, in a stable order."""
        return tuple(self._settings.values())

    def read(self, setting: str) -> Value:
        """Ask the device."""
        if setting not in self._part_of:
            raise UnknownSetting(setting, tuple(self._settings))
        return self._part_of[setting].read(setting)

    def check(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Check values of this device's settings; return them in the settings' own types.

        Raises
        ------
        UnknownSetting, ValueRefused
        """
        good: dict[str, Value] = {}
        for name, value in values.items():
            if name not in self._settings:
                raise UnknownSetting(name, tuple(self._settings))
            good[name] = checked(self._settings[name], value)
        for part in self._parts:
            if any(setting.name in good for setting in part.settings):
                part.check(good)
        return good

    def start(self, values: Mapping[str, Value]) -> None:
        """Send values, all of them checked before the first is sent, and do not wait."""
        good = self.check(values)
        self._stopped.clear()
        self._waits = []
        for part in self._parts:
            mine = {s.name: good[s.name] for s in part.settings if s.name in good}
            if mine:
                part.send(mine)
                self._waits += [
                    _Wait(self._settings[name], part, value) for name, value in mine.items()
                ]

    def settle(self, timeout_s: float) -> None:
        """Wait until the device is not busy and reads back what was asked for.

        Both are needed: some devices say that they are not busy before they have begun, and some
        follow late. So one that rests elsewhere is watched until the timeout, too.

        Raises
        ------
        SettleTimeout
            It was still busy or still changing. It has been told to stop.
        NotReached
            It rests elsewhere, or was told to stop meanwhile.
        """
        began = time.monotonic()
        while self._waits:
            busy = self._busy()
            now = time.monotonic()
            last = self._stopped.is_set() or now - began >= timeout_s
            if not busy or last:
                for wait in self._waits:
                    wait.look(now)
            if not busy:
                self._waits = [wait for wait in self._waits if not wait.arrived]
            if self._waits and last:
                raise self._failure(busy, now, now - began)
            if self._waits:
                self._stopped.wait(_POLL_S)

    def _failure(self, busy: bool, now: float, waited_s: float) -> DriverError:
        wait = next((w for w in self._waits if not w.arrived), self._waits[0])
        self._waits = []
        name, unit = wait.setting.name, wait.setting.unit
        if self._stopped.is_set() or not (busy or now - wait.changed_at < _STILL_S):
            return NotReached(name, wait.wanted, wait.seen, unit)
        self.stop()
        return SettleTimeout(name, wait.wanted, wait.seen, round(waited_s, 2), unit)

    def stop(self) -> None:
        """Stop motion, and let a running `settle` end. Any thread; never raises."""
        self._stopped.set()
        if self._moves:
            with contextlib.suppress(DriverError), self._core.words(self._label, "stopping"):
                self._core.stop(self._label)

    def _busy(self) -> bool:
        with self._core.words(self._label, "asking whether it is busy"):
            return bool(self._core.deviceBusy(self._label))
