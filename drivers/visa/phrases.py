"""From values to commands, and from answers to values."""

from __future__ import annotations

import math
import re
import string

import numpy as np

from drivers.errors import ConfigError, DeviceFault
from drivers.protocol import Setting
from drivers.types import Value
from drivers.units import factor
from drivers.visa.tables import SpokenSetting, one_line

# A number as instruments write it, with a unit behind it or not.
_NUMBER = re.compile(
    r"\s*([-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)\s*([A-Za-z%°]*)\s*"
)
# From here on SCPI's numbers are none: 9.9E37 is an overflow, 9.91E37 not a number.
_NO_NUMBER = 9.9e37
# How a value may be written: a fill and an alignment, a sign, zeros, digits, precision, a kind that
# no computer's language changes.
_SPEC = re.compile(r"(?:.?[<>=^])?[-+ ]?z?#?0?[0-9]{0,2}(?:\.[0-9]{1,2})?[bdeEfFgGosxX]?")
# At how many values a command is tried before the instrument hears any.
_TRIED = 257


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
            for name, code in self.table.answers.items():
                if said == code or _same_number(said, code):
                    return name
            raise self._nonsense(answer, f"allowed: {', '.join(self.table.answers.values())}")
        number = _NUMBER.fullmatch(said)
        if number is None or not math.isfinite(float(number.group(1))):
            raise self._nonsense(answer, "allowed: a number")
        if abs(float(number.group(1))) >= _NO_NUMBER:
            raise self._nonsense(answer, "which says that it has no number, or one out of range")
        value = float(number.group(1)) * self._size(answer, number.group(2)) / self.table.scale
        if self.table.kind == "int":
            if abs(value - round(value)) > 1e-6:
                raise self._nonsense(answer, "allowed: an integer")
            return round(value)
        return value

    def _size(self, answer: str, unit: str) -> float:
        """Give how many of the setting's unit the answer's are; `scale` has said it otherwise."""
        if self.table.scale != 1:
            return 1.0
        size = factor(unit, self.setting.unit)
        if size is None:
            raise self._nonsense(answer, f"allowed: a number in {self.setting.unit}")
        return size

    def _nonsense(self, answer: str, allowed: str) -> DeviceFault:
        shown = answer if len(answer) <= 60 else answer[:57] + "..."
        device, _, name = self.setting.name.rpartition(".")
        return DeviceFault(device, f"read {name}", f"{self.table.get!r} gave {shown!r}, {allowed}")

    def _check_command(self, key: str) -> None:
        text = self.table.set
        assert text is not None
        try:
            parsed = list(string.Formatter().parse(text))
            fields = {name for _, name, _, _ in parsed if name is not None}
            if fields != {"value"}:
                raise ValueError("it needs {value}, and nothing else in braces")
            for _, _, spec, conversion in parsed:
                if conversion or (spec and _SPEC.fullmatch(spec) is None):
                    raise ValueError("allowed: {value}, or with its digits, {value:.3f} say")
            for value in self.table.choices or self._samples():
                one_line(self.command(value))
            self._check_rounding()
        except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
            raise ConfigError(key, f"{text!r}: {error}") from None

    def _samples(self) -> list[float] | list[int]:
        """List values of the whole range, its ends among them."""
        low, high = self.table.low, self.table.high
        assert low is not None
        assert high is not None
        values = np.linspace(low, high, _TRIED).tolist()
        if self.table.kind != "int":
            return [low, *values[1:-1], high]
        inside = (math.ceil(low), math.floor(high), *(round(value) for value in values))
        return sorted({value for value in inside if low <= value <= high})

    def _check_rounding(self) -> None:
        """See that the digits of the command round no allowed value out of the bounds."""
        if not self._numbers or self.table.kind == "int":
            return
        low, high = self.table.low, self.table.high
        assert low is not None
        assert high is not None
        for end in (low, high):
            said = self._said(end)
            beyond = said is not None and max(low - said, said - high)
            if beyond and beyond > 1e-9 * max(abs(low), abs(high)):
                raise ValueError(f"its digits make {said:g} of {end:g}, beyond {low:g} to {high:g}")

    def _said(self, value: float) -> float | None:
        """Give what the instrument is told for a value, as it is rounded; None for no number."""
        assert self.table.set is not None
        before, _, after = self.table.set.partition("{")
        text = self.command(value)
        try:
            return float(text[len(before) : len(text) - len(after.partition("}")[2])]) / (
                self.table.scale
            )
        except ValueError:
            return None

    def _tolerance(self) -> float:
        """Give what the digits of the command round, in the setting's unit, if none is stated."""
        if self.table.tolerance is not None:
            return self.table.tolerance
        low, high = self.table.low, self.table.high
        if self.table.set is None or low is None or high is None or self.table.kind == "int":
            return 0.0
        off = 0.0
        for value in self._samples():
            if (said := self._said(value)) is None:
                return 0.0
            off = max(off, abs(said - value))
        return off * 1.02 + 1e-9 * max(abs(low), abs(high))


def _same_number(said: str, code: str) -> bool:
    try:
        return float(said) == float(code)
    except ValueError:
        return False
