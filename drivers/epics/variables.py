"""A device whose settings are process variables."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from drivers.asked import AskedDevice
from drivers.epics.described import Described, Variables
from drivers.epics.tables import VariableTable
from drivers.errors import DeviceFault, ValueRefused
from drivers.protocol import Kind, Setting
from drivers.types import Value
from drivers.units import factor

_POLL_S = 0.01


class VariablesDevice(AskedDevice):
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
        channels: Variables,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._channels = channels
        self._tables = {f"{label}.{table.name}": table for table in tables}
        self._records = {name: channels.describe(t.pv) for name, t in self._tables.items()}
        settings = [
            described(label, t, self._records[name], self._read_unit(t))
            for name, t in self._tables.items()
        ]
        super().__init__(label, settings, clock)
        self._processed: dict[str, threading.Event] = {}

    def read(self, setting: str) -> Value:
        """Ask the record that reads it.

        Raises
        ------
        UnknownSetting, DeviceLost
        DeviceFault
            It is in alarm, or says what no such setting can be.
        """
        described_ = self._known(setting)
        table = self._tables[setting]
        value = self._channels.read(table.readback or table.pv)
        said: object = value
        if described_.kind == "choice":
            # The place among the record's states, of which the rig file may allow some.
            states = self._records[setting].choices
            if isinstance(value, int) and 0 <= value < len(states):
                said = states[value]
            if isinstance(said, str) and said in described_.choices:
                return said
        elif not isinstance(value, str) and math.isfinite(value):
            return float(value) if described_.kind == "float" else round(value)
        raise DeviceFault(self._label, f"read {setting}", f"the record says {said!r}")

    def stop(self) -> None:
        """Write the variables that stop. Any thread; never raises."""
        self._stopped.set()
        for name in self._wanted:
            if (stop := self._tables[name].stop) is not None:
                self._channels.write_soon(stop, 1)

    def _check(self, values: Mapping[str, Value]) -> None:
        """Ask the records for their limits: a motor's are changed where it is set up."""
        for name, value in values.items():
            if self._settings[name].kind == "choice":
                continue
            now = self._channels.describe(self._tables[name].pv)
            low = -math.inf if now.low is None else now.low
            high = math.inf if now.high is None else now.high
            assert not isinstance(value, str)
            if not low <= value <= high:
                own = self._settings[name].allowed()
                problem = f"{own}, and of these what its record says now, {low:g} to {high:g}"
                raise ValueRefused(name, value, problem)

    def _send(self, values: Mapping[str, Value]) -> None:
        self._processed = {name: threading.Event() for name in values}
        for name, value in values.items():
            record = self._records[name]
            sent = record.choices.index(str(value)) if record.kind == "enum" else value
            table = self._tables[name]
            self._channels.write(table.pv, sent, self._processed[name].set, table.stop or "")

    def _read_unit(self, table: VariableTable) -> str:
        return self._channels.describe(table.readback).unit if table.readback else ""

    def _every_s(self, name: str) -> float:
        return _POLL_S

    def _rests(self, name: str, wanted: Value) -> bool:
        table = self._tables[name]
        if not self._processed[name].is_set():
            self._channels.require(table.pv)  # nobody processes what was refused, or was lost
            return False
        if table.done is not None and self._channels.read(table.done) != table.done_value:
            return False
        seen = self.read(name)
        if isinstance(seen, str) or isinstance(wanted, str):
            return seen == wanted
        tolerance = self._settings[name].tolerance + 1e-6 * abs(wanted)
        return abs(seen - wanted) <= tolerance


def described(label: str, table: VariableTable, record: Described, read_unit: str = "") -> Setting:
    """Make a setting of what the rig file and the record say, and the unit of what is read.

    Raises
    ------
    DeviceFault
    """

    def wrong(problem: str) -> DeviceFault:
        return DeviceFault(label, "open", f"{table.name}, {table.pv}: {problem}")

    unit = table.unit if table.unit is not None else table.name.rpartition("_")[2]
    if table.unit is None and "_" not in table.name:
        unit = ""
    if record.count > 1:
        raise wrong(f"it holds {record.count} values, allowed: one")
    choices: tuple[str, ...] = ()
    low, high = table.low, table.high
    read_only = table.read_only or not record.writable
    tolerance = table.tolerance or 0.0
    if record.kind in ("enum", "text"):
        kind: Kind = "choice"
        choices = table.choices or record.choices
        if not choices:
            raise wrong(
                "it has no states" if record.kind == "enum" else "it is a text: say its choices"
            )
        if record.choices and table.choices and set(table.choices) - set(record.choices):
            raise wrong(f"the record's choices are {', '.join(record.choices)}")
        if len(set(choices)) < len(choices):
            raise wrong(f"two of its choices have one name: {', '.join(choices)}")
        if low is not None or high is not None:
            raise wrong("it has choices, and no low and high")
    else:
        kind = "float" if record.kind == "float" else "int"
        if table.choices:
            raise wrong("it is a number, and has no choices")
        for said in (record.unit, read_unit):
            if table.unit is None and factor(said, unit) != 1.0:
                raise wrong(f"the record is in {said}, its name says {unit}")
        low = _inner(max, low, record.low)
        high = _inner(min, high, record.high)
        if not read_only and (low is None or high is None):
            raise wrong("it has no bounds: neither the record states any nor low and high")
        if low is not None and high is not None and low > high:
            stated = f"{record.low:g} to {record.high:g}"
            raise wrong(f"the rig file's bounds lie outside the record's, {stated}")
        if table.tolerance is None and low is not None and high is not None and kind == "float":
            tolerance = 1e-6 * (high - low)
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
