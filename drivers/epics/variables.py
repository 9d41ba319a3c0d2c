"""A device whose settings are process variables."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from drivers.epics.channels import Channels, Described
from drivers.epics.tables import VariableTable
from drivers.errors import (
    DeviceFault,
    DriverError,
    NotReached,
    SettleTimeout,
    UnknownSetting,
    ValueRefused,
)
from drivers.protocol import Kind, Setting
from drivers.types import Value

_POLL_S = 0.01


class VariablesDevice:
    """Settings on process variables.

    Parameters
    ----------
    label
        The device's name.
    tables
        Its settings.
    channels
        Connected.
    clock
        Monotonic seconds.

    Raises
    ------
    DriverError
        A record is not what the rig file takes it for, or states no bounds where the file does not.
    """

    def __init__(
        self,
        label: str,
        tables: Sequence[VariableTable],
        channels: Channels,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._label, self._channels, self._clock = label, channels, clock
        self._tables = {f"{label}.{table.name}": table for table in tables}
        self._records = {name: channels.describe(t.pv) for name, t in self._tables.items()}
        self._settings = {
            name: described(label, table, self._records[name])
            for name, table in self._tables.items()
        }
        self._wanted: dict[str, Value] = {}
        self._processed: dict[str, threading.Event] = {}
        self._stopped = threading.Event()

    @property
    def label(self) -> str:
        """The device's name."""
        return self._label

    def describe(self) -> tuple[Setting, ...]:
        """All settings, in the order of the table."""
        return tuple(self._settings.values())

    def read(self, setting: str) -> Value:
        """Ask the record that reads it.

        Raises
        ------
        UnknownSetting, DeviceLost
        DeviceFault
            It is in alarm, or says what no such setting can be.
        """
        table = self._table(setting)
        value = self._channels.read(table.readback or table.pv)
        kind = self._settings[setting].kind
        choices = self._settings[setting].choices
        if kind == "choice":
            if isinstance(value, int) and 0 <= value < len(choices):
                return choices[value]
            if isinstance(value, str) and value in choices:
                return value
        elif not isinstance(value, str) and math.isfinite(value):
            return float(value) if kind == "float" else round(value)
        raise DeviceFault(self._label, f"read {setting}", f"the record says {value!r}")

    def start(self, values: Mapping[str, Value]) -> None:
        """Check all values, then write one variable for each.

        Raises
        ------
        UnknownSetting, ValueRefused, DeviceFault, DeviceLost
        """
        for name, value in values.items():
            self._table(name)
            check_allowed(self._settings[name], value)
        self._stopped.clear()
        self._wanted = dict(values)
        self._processed = {name: threading.Event() for name in values}
        for name, value in values.items():
            record = self._records[name]
            sent = record.choices.index(str(value)) if record.kind == "enum" else value
            self._channels.write(self._tables[name].pv, sent, self._processed[name].set)

    def settle(self, timeout_s: float) -> None:
        """Wait until each variable of the last ``start`` was processed, is done, and reads so.

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
                if self._stopped.wait(min(_POLL_S, left)):
                    unit = self._settings[name].unit
                    raise NotReached(name, wanted, self.read(name), unit)

    def stop(self) -> None:
        """Write the variables that stop. Any thread; never raises."""
        self._stopped.set()
        for name in self._wanted:
            if (stop := self._tables[name].stop) is not None:
                self._channels.write_soon(stop, 1)

    def _table(self, name: str) -> VariableTable:
        if name not in self._tables:
            raise UnknownSetting(name, tuple(self._tables))
        return self._tables[name]

    def _rests(self, name: str, wanted: Value) -> bool:
        table = self._tables[name]
        if not self._processed[name].is_set():
            self._channels.require(table.pv)  # what a lost server was told is never processed
            return False
        if table.done is not None and self._channels.read(table.done) != table.done_value:
            return False
        seen = self.read(name)
        if isinstance(seen, str) or isinstance(wanted, str):
            return seen == wanted
        tolerance = self._settings[name].tolerance + 1e-6 * abs(wanted)
        return abs(seen - wanted) <= tolerance

    def _late(self, name: str, wanted: Value, timeout_s: float) -> None:
        self.stop()
        try:
            last: Value = self.read(name)
        except DriverError:
            last = "?"
        raise SettleTimeout(name, wanted, last, timeout_s, self._settings[name].unit)


def described(label: str, table: VariableTable, record: Described) -> Setting:
    """Make a setting of what the rig file and the record say.

    Raises
    ------
    DeviceFault
    """

    def wrong(problem: str) -> DeviceFault:
        return DeviceFault(label, "open", f"{table.name}, {table.pv}: {problem}")

    choices: tuple[str, ...] = ()
    low, high = table.low, table.high
    read_only = table.read_only or not record.writable
    tolerance = table.tolerance or 0.0
    if record.kind in ("enum", "text"):
        kind: Kind = "choice"
        choices = table.choices or record.choices
        if not choices:
            raise wrong("it is a text: say its choices")
        if record.choices and table.choices and set(table.choices) - set(record.choices):
            raise wrong(f"the record's choices are {', '.join(record.choices)}")
        if record.choices:
            choices = record.choices  # read by their index
        if low is not None or high is not None:
            raise wrong("it has choices, and no low and high")
    else:
        kind = "float" if record.kind == "float" else "int"
        if table.choices:
            raise wrong("it is a number, and has no choices")
        low = _inner(max, low, record.low)
        high = _inner(min, high, record.high)
        if not read_only and (low is None or high is None):
            raise wrong("it has no bounds: neither the record states any nor low and high")
        if low is not None and high is not None and low > high:
            stated = f"{record.low:g} to {record.high:g}"
            raise wrong(f"the rig file's bounds lie outside the record's, {stated}")
        if table.tolerance is None and low is not None and high is not None and kind == "float":
            tolerance = 1e-6 * (high - low)
    unit = table.unit if table.unit is not None else table.name.rpartition("_")[2]
    if table.unit is None and "_" not in table.name:
        unit = ""
    return Setting(
        f"{label}.{table.name}",
        kind,
        unit if kind != "choice" else "",
        low,
        high,
        choices=choices,
        read_only=read_only,
        role="other" if read_only else table.role,
        tolerance=tolerance,
        park=table.park,
    )


def _inner(
    choose: Callable[[float, float], float], mine: float | None, its: float | None
) -> float | None:
    if mine is None or its is None:
        return its if mine is None else mine
    return choose(mine, its)


def check_allowed(setting: Setting, value: object) -> None:
    """Refuse what neither the record nor the rig file allows.

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
    low = -math.inf if setting.low is None else setting.low
    high = math.inf if setting.high is None else setting.high
    return math.isfinite(value) and low <= value <= high
