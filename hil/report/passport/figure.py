"""An instrument over time: one panel a quantity, with intervals, days' means and the change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import matplotlib.dates
import numpy as np
from matplotlib.figure import Figure

from hil.report.drawing import BLUE, GREY, LIGHT, ORANGE, empty, short, style
from hil.report.passport.change import by_day
from hil.report.passport.series import Judged

MOST = 12


def draw(judged: Sequence[Judged], when: date | None = None) -> Figure:
    """Draw each quantity over time; of many those that were measured most often."""
    shown = sorted(judged, key=lambda one: -one.series.days)[:MOST]
    if not shown:
        return empty("nothing was measured of this rig: hil measure, hil calibrate, [reference]")
    with style():
        figure = Figure(figsize=(9, 2.4 * len(shown)), layout="constrained")
        axes = figure.subplots(len(shown), sharex=True, squeeze=False)[:, 0]
        for axis, one in zip(axes, shown, strict=True):
            _panel(axis, one, when)
        locator = matplotlib.dates.AutoDateLocator()
        axes[-1].xaxis.set_major_locator(locator)
        axes[-1].xaxis.set_major_formatter(matplotlib.dates.ConciseDateFormatter(locator))
    return figure


def _panel(axis: Any, one: Judged, when: date | None) -> None:
    points = one.series.points
    at = [_naive(point.at) for point in points]
    values = np.array([point.value for point in points])
    low = np.array([point.low for point in points])
    high = np.array([point.high for point in points])
    axis.vlines(at, low, high, color=LIGHT, lw=1.5)
    axis.plot(at, values, "o", color=GREY, ms=4)
    days, means = by_day([point.at for point in points], [point.value for point in points])
    if when is not None:
        axis.axvline(_naive(when), color=GREY, lw=0.8, ls=":")
        _level(axis, [(d, m) for d, m in zip(days, means, strict=True) if d < when], BLUE)
        _level(axis, [(d, m) for d, m in zip(days, means, strict=True) if d >= when], ORANGE)
    elif np.isfinite(one.change.value) and len(days) > 1:
        middle, level = np.median([_number(day) for day in days]), float(np.median(means))
        slope = one.change.value / (_number(days[-1]) - _number(days[0]))
        ends = np.array([_number(days[0]), _number(days[-1])])
        axis.plot(
            matplotlib.dates.num2date(ends), level + slope * (ends - middle), color=BLUE, lw=1.2
        )
    quantity = f"{one.series.quantity}: {one.verdict}"
    axis.set_title(short(quantity, 90), loc="left", fontsize=9, fontweight="bold")
    axis.set_title(short(one.series.conditions, 80), loc="right", fontsize=7, color=GREY)
    axis.set_ylabel(short(one.series.unit, 24))
    axis.margins(y=0.15)


def _level(axis: Any, days: Sequence[tuple[date, float]], colour: str) -> None:
    if days:
        mean = float(np.mean([value for _, value in days]))
        axis.plot(
            [_naive(days[0][0]), _naive(days[-1][0])], [mean, mean], "-|", color=colour, lw=1.6
        )


def _naive(at: date) -> datetime:
    if isinstance(at, datetime):
        return at.replace(tzinfo=None)
    return datetime(at.year, at.month, at.day)


def _number(day: date) -> float:
    return float(matplotlib.dates.date2num(_naive(day)))
