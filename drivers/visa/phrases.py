"""From values to commands, and from answers to values."""

from __future__ import annotations

import math
import re
import string

import numpy as np

from drivers.errors import ConfigError, DeviceFault
from drivers.protocol import Setting
from drivers.types import Value
from drivers.visa.tables import SpokenSetting

# A number as instruments write it, with a unit behind it or not.
_NUMBER = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*[A-Za-z%°]*\s*")


class Phrases:
    """The language of one setting.

    Parameters
    ----------
    label
        Of the instrument.
    table
        What the rig file says.
    key
        Where, for messages.

    Attributes
    ----------
    table
        As given.
    setting
        As the device describes it.

    Raises
    ------
    ConfigError
        The command does not take its value.
    """

    def __init__(self, label: str, table: SpokenSetting, key: str) -> None:
        self.table = table
        self._answer = re.compile(table.answer) if table.answer else None
        self._numbers = table.choices is None
        unit = table.unit
        if unit is None:
            unit = table.name.rpartition("_")[2] if "_" in table.name and self._numbers else ""
        if table.set is not None:
            self._check_command(f"{key}.set")
        self.setting = Setting(
            f"{label}.{table.name}",
            "choice" if table.choices is not None else table.kind,
            unit,
            table.low,
            table.high,
            tuple(table.choices or ()),
            read_only=table.set is None,
            role=table.role,
            tolerance=self._tolerance() if self._numbers else 0.0,
            park=table.park,
        )

    def command(self, value: Value) -> str:
        """Write the command that sets a value, which is an allowed one."""
        assert self.table.set is not None
        if self.table.choices is not None:
            return self.table.set.format(value=self.table.choices[str(value)])
        assert not isinstance(value, str)
        said = value * self.table.scale
        whole = self.table.kind == "int" and float(said).is_integer()
        return self.table.set.format(value=int(said) if whole else float(said))

    def value(self, answer: str) -> Value:
        """Read a value from an answer.

        Raises
        ------
        DeviceFault
            It is none.
        """
        said = answer.strip()
        if self._answer is not None:
            match = self._answer.fullmatch(said)
            if match is None:
                raise self._nonsense(answer, f"allowed: {self._answer.pattern}")
            said = match.group(1)
        if self.table.choices is not None:
            for name, code in self.table.choices.items():
                if said == code or _same_number(said, code):
                    return name
            raise self._nonsense(answer, f"allowed: {', '.join(self.table.choices.values())}")
        number = _NUMBER.fullmatch(said)
        if number is None or not math.isfinite(float(number.group(1))):
            raise self._nonsense(answer, "allowed: a number")
        value = float(number.group(1)) / self.table.scale
        if self.table.kind == "int":
            if abs(value - round(value)) > 1e-6:
                raise self._nonsense(answer, "allowed: an integer")
            return round(value)
        return value

    def _nonsense(self, answer: str, allowed: str) -> DeviceFault:
        shown = answer if len(answer) <= 60 else answer[:57] + "..."
        device, _, name = self.setting.name.rpartition(".")
        return DeviceFault(device, f"read {name}", f"{self.table.get!r} gave {shown!r}, {allowed}")

    def _check_command(self, key: str) -> None:
        text = self.table.set
        assert text is not None
        try:
            fields = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
            if fields != {"value"}:
                raise ValueError("it needs {value}, and nothing else in braces")
            for value in self.table.choices or (self.table.low, self.table.high):
                assert value is not None
                self.command(int(value) if self.table.kind == "int" and self._numbers else value)
        except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
            raise ConfigError(key, f"{text!r}: {error}") from None

    def _tolerance(self) -> float:
        """Give what the digits of the command round, in the setting's unit, if none is stated."""
        if self.table.tolerance is not None:
            return self.table.tolerance
        low, high = self.table.low, self.table.high
        if self.table.set is None or low is None or high is None or self.table.kind == "int":
            return 0.0
        off = 0.0
        before, _, after = self.table.set.partition("{")
        for value in np.linspace(low, high, 257).tolist():
            text = self.command(value)
            said = text[len(before) : len(text) - len(after.partition("}")[2])]
            try:
                off = max(off, abs(float(said) / self.table.scale - value))
            except ValueError:
                return 0.0
        return off * 1.02 + 1e-9 * max(abs(low), abs(high))


def _same_number(said: str, code: str) -> bool:
    try:
        return float(said) == float(code)
    except ValueError:
        return False
