"""Whether a quantity has changed over time, by tests that take one day as one observation.

y_d : mean of what was measured on day d (UTC); measurements of a day share its state, so that
      they count once, and the scatter from day to day is what a change is held against
p   : two-sided, times the number of quantities still open (Holm, Scand. J. Stat. 6, 65, 1979)

With a date: the difference of the means since and before it, with Welch's t interval (Welch,
Biometrika 34, 28, 1947), from two days on either side. Without: Kendall's tau of y over time (Mann,
Econometrica 13, 245, 1945), and Theil and Sen's slope with its interval times the time spanned,
from five days: with fewer no order of them is unlikely enough.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np
from scipy import stats

from drivers.types import Floats

LEVEL = 0.05
FEWEST_FOR_TREND = 5
FEWEST_ON_A_SIDE = 2


@dataclass(frozen=True, slots=True)
class Change:
    """How a quantity changed.

    Parameters
    ----------
    value, low, high
        The change and its 95 % interval, in the quantity's unit; NaN with too few days.
    p
        That it is as large by chance, with all quantities that are looked at counted in; NaN with
        too few days.
    days
        On how many days it was measured: before the date and since, or all.
    missing
        What there is too little of, in words; empty if it could be tested.
    """

    value: float
    low: float
    high: float
    p: float
    days: tuple[int, ...]
    missing: str = ""

    @property
    def significant(self) -> bool:
        """Whether chance is no explanation."""
        return self.p < LEVEL


def by_day(at: Sequence[datetime], values: Sequence[float]) -> tuple[list[date], Floats]:
    """Average what was measured on one day."""
    days: dict[date, list[float]] = {}
    for moment, value in zip(at, values, strict=True):
        days.setdefault(moment.date(), []).append(value)
    order = sorted(days)
    return order, np.array([float(np.mean(days[day])) for day in order])


def since(days: Sequence[date], values: Floats, when: date) -> Change:
    """Compare the days since a date with those before it."""
    late = np.array([day >= when for day in days], dtype=bool)
    before, after = values[~late], values[late]
    counts = (len(before), len(after))
    shift = float(after.mean() - before.mean()) if min(counts) else math.nan
    if min(counts) < FEWEST_ON_A_SIDE:
        side = "before" if counts[0] < FEWEST_ON_A_SIDE else "since"
        missing = f"needs {FEWEST_ON_A_SIDE} days {side} {when}"
        return Change(shift, math.nan, math.nan, math.nan, counts, missing)
    if _flat(before) and _flat(after):
        return _without_scatter(0.0 if _flat(values) else shift, counts)
    found = stats.ttest_ind(after, before, equal_var=False)
    low, high = found.confidence_interval(1 - LEVEL)
    return Change(shift, float(low), float(high), float(found.pvalue), counts)


def trend(days: Sequence[date], values: Floats) -> Change:
    """Tell a trend over all days, as the change from the first to the last."""
    counts = (len(days),)
    if len(days) < FEWEST_FOR_TREND:
        missing = f"needs {FEWEST_FOR_TREND} days"
        return Change(math.nan, math.nan, math.nan, math.nan, counts, missing)
    x = np.array([(day - days[0]).days for day in days], dtype=float)
    if _flat(values):
        return Change(0.0, 0.0, 0.0, 1.0, counts)
    p = float(stats.kendalltau(x, values).pvalue)
    slope, _, low, high = stats.theilslopes(values, x, 1 - LEVEL)
    return Change(float(slope * x[-1]), float(low * x[-1]), float(high * x[-1]), p, counts)


def _flat(values: Floats) -> bool:
    """Whether values are the same, but for the last digits of their means."""
    return bool(np.ptp(values) <= 1e-9 * np.abs(values).max())


def _without_scatter(shift: float, counts: tuple[int, int]) -> Change:
    """Judge values that are the same on either side, rounded say, by the number of orders."""
    p = min(1.0, 2 / math.comb(sum(counts), counts[0])) if shift else 1.0
    return Change(shift, shift, shift, p, counts)


def together(changes: Sequence[Change]) -> list[Change]:
    """Count in how many quantities were looked at: the smallest p times all, and so on."""
    tested = sorted(
        (place for place, change in enumerate(changes) if not math.isnan(change.p)),
        key=lambda place: changes[place].p,
    )
    found, least = list(changes), 0.0
    for rank, place in enumerate(tested):
        least = max(least, min(1.0, changes[place].p * (len(tested) - rank)))
        found[place] = replace(changes[place], p=least)
    return found
