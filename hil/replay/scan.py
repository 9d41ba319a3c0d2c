"""The values of ``hil scan``: one setting, or two, in equal steps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from drivers.types import Value
from hil.errors import InputError
from hil.replay.table import SettingsTable
from hil.spec.session import MOST_TRIALS


@dataclass(frozen=True, slots=True)
class ScanAxis:
    """One setting from one value to another.

    Parameters
    ----------
    setting
        ``LABEL.PROPERTY``.
    start, stop
        Both are measured.
    steps
        How many values, at least 2.
    """

    setting: str
    start: float
    stop: float
    steps: int

    def values(self) -> list[float]:
        """Give the values, those that are whole as integers: some settings take no others.

        Raises
        ------
        InputError
        """
        if not all(part.strip() for part in self.setting.rpartition(".")[::2]):
            raise InputError("--setting", self.setting, "is no setting, allowed: LABEL.PROPERTY")
        for option, value in (("--from", self.start), ("--to", self.stop)):
            if not math.isfinite(value):
                raise InputError(option, self.setting, f"{value}, allowed: a finite number")
        if not 2 <= self.steps <= MOST_TRIALS or self.start == self.stop:
            problem = f"from {self.start:g} to {self.stop:g} in {self.steps}"
            allowed = f"allowed: 2 or more different values, up to {MOST_TRIALS}"
            raise InputError("--steps", self.setting, f"{problem}, {allowed}")
        width = (self.stop - self.start) / (self.steps - 1)
        found = [self.start + i * width for i in range(self.steps - 1)] + [self.stop]
        whole = all(float(value).is_integer() for value in found)
        return [int(value) for value in found] if whole else found


def scan_table(axes: Sequence[ScanAxis]) -> SettingsTable:
    """Make the table of a scan; of two axes the second goes through all its values first.

    Raises
    ------
    InputError
    """
    rows: list[dict[str, Value]] = [{}]
    for axis in axes:
        if axis.setting in rows[0]:
            raise InputError("--setting", axis.setting, "is given twice")
        values = axis.values()
        if (n := len(rows) * len(values)) > MOST_TRIALS:
            raise InputError("--steps", axis.setting, f"{n} trials, allowed: {MOST_TRIALS}")
        rows = [{**row, axis.setting: value} for row in rows for value in values]
    return SettingsTable(Path("scan"), tuple(rows))
