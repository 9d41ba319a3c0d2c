"""A setting's values as places on an axis: numbers, logarithms where it was searched so, words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from drivers.types import Floats
from hil.records.trial import TrialRow
from hil.report.settings.drawable import drawable


@dataclass(frozen=True)
class SettingScale:
    """Where the trials lie along one setting.

    Parameters
    ----------
    places
        (n,) the values; of choices the place in `words`; NaN where a trial has none.
    words
        The choices in order; empty where the setting is a number of a range.
    logarithmic
        Whether it was searched by its logarithm; values that have none are NaN then.
    """

    places: Floats
    words: tuple[str, ...] = ()
    logarithmic: bool = False

    @property
    def even(self) -> Floats:
        """(n,) places as they are spaced in the figure: by their logarithm where that is drawn."""
        return np.log10(self.places) if self.logarithmic else self.places

    def back(self, even: Floats) -> Floats:
        """Turn evenly spaced places into values."""
        values: Floats = 10.0**even if self.logarithmic else even
        return values


def scale_of(rows: Sequence[TrialRow], name: str, column: pd.Series[Any]) -> SettingScale:
    """Place a column of a session's trials by what was searched.

    Parameters
    ----------
    rows
        The session's trials.
    name
        Of the setting.
    column
        (n,) its values, as read back.
    """
    searched = _distribution(rows, name)
    cells = [None if isinstance(cell, float) and cell != cell else cell for cell in column]
    known = [cell for cell in cells if cell is not None]
    if searched.get("name") == "CategoricalDistribution" or any(
        isinstance(cell, str) for cell in known
    ):
        words = tuple(str(one) for one in sorted(set(known), key=_order))
        place = {word: float(index) for index, word in enumerate(words)}
        return SettingScale(
            np.array([np.nan if cell is None else place[str(cell)] for cell in cells]), words
        )
    values = drawable([np.nan if cell is None else float(cell) for cell in cells])
    if searched.get("attributes", {}).get("log") and (values > 0).any():
        return SettingScale(np.where(values > 0, values, np.nan), logarithmic=True)
    return SettingScale(values)


def _distribution(rows: Sequence[TrialRow], name: str) -> Mapping[str, Any]:
    text = next((row.distributions[name] for row in rows if name in row.distributions), "{}")
    found: Mapping[str, Any] = json.loads(text)
    return found


def _order(cell: Any) -> tuple[bool, float, str]:
    """Numbers by size, then words."""
    is_word = isinstance(cell, str)
    return is_word, 0.0 if is_word else float(cell), str(cell)
