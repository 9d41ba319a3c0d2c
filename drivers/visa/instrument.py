"""An instrument whose settings a table describes."""

from __future__ import annotations

import math
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from drivers.errors import (
    DeviceFault,
    DriverError,
    NotReached,
    SettleTimeout,
    UnknownSetting,
    ValueRefused,
)
from drivers.protocol import Setting
from drivers.types import Value
from drivers.visa.link import VisaLink
from drivers.visa.phrases import Phrases
from drivers.visa.tables import InstrumentTable

# How long a stop waits for the wire.
_STOP_S = 0.3
# Entries of the instrument's error queue that are read at most.
_MOST_ERRORS = 20


class Instrument:
    """A device behind a link.

    Parameters
    ----------
    table
        What the rig file says of it.
    phrases
        Of its settings.
    link
        Open, and used by nobody else.
    clock
        Monotonic seconds.
    """

    def __init__(
        self,
        table: InstrumentTable,
        phrases: Sequence[Phrases],
        link: VisaLink,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._table, self._link, self._clock = table, link, clock
        self._phrases = {phrase.setting.name: phrase for phrase in phrases}
        self._wanted: dict[str, Value] = {}
        self._stopped = threading.Event()
        self._name = ""
        if table.identify is not None:
            self._name = link.ask(table.identify).strip()
            if table.expect is not None and re.search(table.expect, self._name) is None:
                problem = f"{table.identify!r} gave {self._name[:60]!r}, expected: {table.expect}"
                raise DeviceFault(table.label, "open", problem)
            link.is_named(self._name)
        else:
            link.ask(table.settings[0].get)  # some VISA libraries open what is not there

    @property
    def label(self) -> str:
        """The device's name."""
        return self._table.label

    def describe(self) -> tuple[Setting, ...]:
        """All settings, in the order of the table."""
        return tuple(phrase.setting for phrase in self._phrases.values())

    def identity(self) -> Mapping[str, str]:
        """Give what it answered when it was opened."""
        return {"identification": self._name} if self._name else {}

    def read(self, setting: str) -> Value:
        """Ask the instrument.

        Raises
        ------
        UnknownSetting, DeviceFault, DeviceLost
        """
        phrase = self._known(setting)
        answer = self._link.ask(phrase.table.get)
        try:
            return phrase.value(answer)
        except DeviceFault:
            self._link.distrust()
            raise

    def start(self, values: Mapping[str, Value]) -> None:
        """Check all values, then send one command for each.

        Raises
        ------
        UnknownSetting, ValueRefused, DeviceFault, DeviceLost
        """
        for name, value in values.items():
            check_allowed(self._known(name).setting, value)
        self._stopped.clear()
        self._wanted = dict(values)
        for name, value in values.items():
            phrase = self._phrases[name]
            command = phrase.command(value)
            reply = self._link.tell(command, answers=phrase.table.reply is not None)
            if phrase.table.reply is not None and not re.fullmatch(
                phrase.table.reply, reply.strip()
            ):
                self._link.distrust()
                problem = f"{command!r} gave {reply[:60]!r}, expected: {phrase.table.reply}"
                raise DeviceFault(self.label, f"set {name}", problem)
            self._check_errors(f"set {name}", command)

    def settle(self, timeout_s: float) -> None:
        """Wait until each setting of the last ``start`` says that it is at rest.

        Raises
        ------
        SettleTimeout, NotReached, DeviceFault, DeviceLost
        """
        until = self._clock() + timeout_s
        for name, wanted in self._wanted.items():
            settle = self._phrases[name].table.settle
            while settle is not None and not self._rests(name, wanted):
                left = until - self._clock()
                if left <= 0:
                    self._late(name, wanted, timeout_s)
                if self._stopped.wait(min(settle.every_ms / 1000, left)):
                    unit = self._phrases[name].setting.unit
                    raise NotReached(name, wanted, self.read(name), unit)

    def stop(self) -> None:
        """Send the command that stops. Any thread; never raises."""
        self._stopped.set()
        if self._table.stop is not None:
            self._link.tell_soon(self._table.stop, _STOP_S)

    def _known(self, name: str) -> Phrases:
        if name not in self._phrases:
            raise UnknownSetting(name, tuple(self._phrases))
        return self._phrases[name]

    def _rests(self, name: str, wanted: Value) -> bool:
        settle = self._phrases[name].table.settle
        assert settle is not None
        if settle.query is not None and settle.until is not None:
            return re.fullmatch(settle.until, self._link.ask(settle.query).strip()) is not None
        assert settle.within is not None
        seen = self.read(name)
        assert not isinstance(seen, str)
        assert not isinstance(wanted, str)
        return abs(seen - wanted) <= settle.within

    def _late(self, name: str, wanted: Value, timeout_s: float) -> None:
        self.stop()
        try:
            last: Value = self.read(name)
        except DriverError:
            last = "?"
        unit = self._phrases[name].setting.unit
        raise SettleTimeout(name, wanted, last, timeout_s, unit)

    def _check_errors(self, action: str, command: str) -> None:
        """Empty the instrument's queue of errors; the first one is told."""
        errors = self._table.errors
        if errors is None:
            return
        first = ""
        for _ in range(_MOST_ERRORS):
            answer = self._link.ask(errors.query).strip()
            if re.fullmatch(errors.ok, answer):
                break
            first = first or answer
        if first:
            raise DeviceFault(self.label, action, f"{command!r}: the instrument says {first[:120]}")


def check_allowed(setting: Setting, value: object) -> None:
    """Refuse what the table does not allow.

    Raises
    ------
    ValueRefused
    """
    if setting.read_only or not _allowed(setting, value):
        raise ValueRefused(setting.name, value, setting.allowed())


def _allowed(setting: Setting, value: object) -> bool:
    if setting.kind == "choice":
        return isinstance(value, str) and value in setting.choices
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if setting.kind == "int" and not isinstance(value, int):
        return False
    assert setting.low is not None
    assert setting.high is not None
    return math.isfinite(value) and setting.low <= value <= setting.high
