"""What the settings did: each against the outcome, how much each matters, all at once."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from hil.report.course_figures import NO_TRIALS
from hil.report.drawing import BLUE, GREY, LIGHT, MANY, ORANGE, dots, empty, short, style
from hil.report.material import Material
from hil.report.settings.drawable import drawable
from hil.report.settings.front import front
from hil.report.settings.model_trend import Trend, trends
from hil.report.settings.scale import SettingScale, scale_of

# Of so many trials lines across all settings can be told apart.
_LINES = 300
_MOST_SLICES = 30
_MOST_FRONTS = 6


def slices(material: Material) -> Figure:
    """Draw each searched setting against the first objective, with the trend of a model of all."""
    done, names = material.complete, _by_importance(material)[:_MOST_SLICES]
    if done.empty:
        return empty(NO_TRIALS)
    if not names:
        return empty("no setting was moved")
    scales = [scale_of(material.rows, name, done[name]) for name in names]
    won = material.result.best
    numbers = done["number"].tolist()
    told = trends(
        [scale.even for scale in scales],
        [bool(scale.words) for scale in scales],
        done["value"].to_numpy(dtype=float),
        numbers.index(won.number) if won is not None and won.number in numbers else None,
    )
    columns = min(3, len(names))
    lines = -(-len(names) // columns)
    with style():
        figure = Figure(figsize=(3.1 * columns + 0.6, 2.4 * lines), layout="constrained")
        axes = figure.subplots(lines, columns, squeeze=False).ravel()
        for axis, name, scale, trend in zip(axes, names, scales, told, strict=False):
            _slice(axis, material, scale, trend)
            axis.set_xlabel(short(name, 34))
        for axis in axes[len(names) :]:
            axis.set_axis_off()
        figure.supylabel(short(material.result.objective, 24), fontsize=9)
    return figure


def _slice(axis: Any, material: Material, scale: SettingScale, trend: Trend | None) -> None:
    done = material.complete
    known = np.isfinite(scale.places)
    x, y = scale.places[known], done["value"].to_numpy()[known]
    order = done["number"].to_numpy()[known]
    dots(axis, x, y, c=order, cmap="Blues", vmin=-0.4 * max(1, order.max(initial=1)))
    _mark(axis.xaxis, scale, rotation=30)
    colour = ORANGE if len(x) > MANY else BLUE
    if trend is not None and scale.words:
        axis.hlines(trend.values, trend.at - 0.3, trend.at + 0.3, color=colour, lw=1.2)
    elif trend is not None:
        axis.plot(scale.back(trend.at), trend.values, color=colour, lw=1.2)
    if (won := material.result.best) is not None:
        at = order == won.number
        axis.plot(x[at], y[at], "o", color=ORANGE, ms=6)


def _mark(axis: Any, scale: SettingScale, rotation: float = 0) -> None:
    """Name the choices of a setting on its axis, or draw it by its logarithm."""
    if scale.words:
        names = [short(word, 12) for word in scale.words]
        axis.set_ticks(range(len(names)), names, rotation=rotation)
    elif scale.logarithmic:
        axis.axes.set(**{f"{axis.axis_name}scale": "log"})


def importance(material: Material) -> Figure:
    """Draw the share that each setting has in the outcome."""
    found = material.importance
    if not found:
        return empty("too few complete trials to say which settings matter")
    with style():
        figure = Figure(figsize=(7, 0.9 + 0.26 * len(found)), layout="constrained")
        axis = figure.subplots()
        names = [short(name) for name in found][::-1]
        axis.barh(range(len(names)), list(found.values())[::-1], color=BLUE)
        axis.set_yticks(range(len(names)), names)
        axis.set(xlabel="importance (PED-ANOVA), share", xlim=(0, 1))
    return figure


def pairs(material: Material) -> Figure:
    """Draw the two settings that matter most as a map, coloured by the first objective."""
    done, names = material.complete, _by_importance(material)[:2]
    if done.empty or len(names) < 2:
        return empty("a map needs two settings and a complete trial")
    across, up = (scale_of(material.rows, name, done[name]) for name in names)
    x, y = across.places, up.places
    with style():
        figure = Figure(figsize=(6, 4.2), layout="constrained")
        axis = figure.subplots()
        drawn = dots(axis, x, y, c=done["value"].to_numpy(), cmap="viridis")
        _mark(axis.xaxis, across, rotation=30)
        _mark(axis.yaxis, up)
        if (won := material.result.best) is not None:
            at = done["number"].to_numpy() == won.number
            axis.plot(x[at], y[at], "o", mfc="none", mec=ORANGE, mew=2, ms=10)
        axis.set(xlabel=short(names[0]), ylabel=short(names[1]))
        figure.colorbar(drawn, label=short(material.result.objective))
    return figure


def parallel(material: Material) -> Figure:
    """Draw each trial as a line across all searched settings; of many trials the best ones."""
    done, names = material.complete, list(material.searched)
    if done.empty:
        return empty(NO_TRIALS)
    if len(names) < 2:
        return empty("lines from setting to setting need two that were moved")
    chosen = done.nlargest(_LINES, "value").iloc[::-1]
    places = [scale_of(material.rows, name, chosen[name]).even for name in names]
    scaled = np.stack([_to_unit(place) for place in places], axis=1)
    shade = _to_unit(chosen["value"].to_numpy())
    best = material.result.best.number if material.result.best else None
    with style():
        figure = Figure(figsize=(max(6, 0.9 * len(names) + 2), 3.6), layout="constrained")
        axis = figure.subplots()
        for line, grey, number in zip(scaled, shade, chosen["number"], strict=True):
            won = number == best
            colour = ORANGE if won else (0.75 - 0.75 * grey, 0.8 - 0.35 * grey, 0.85 - 0.15 * grey)
            axis.plot(line, color=colour, lw=2 if won else 0.6, zorder=3 if won else 1)
        axis.set_xticks(range(len(names)), [short(n, 24) for n in names], rotation=30, ha="right")
        axis.set_yticks([0, 1], ["lowest", "highest"])
        if len(done) > len(chosen):
            axis.set_title(f"the best {len(chosen)} of {len(done)} trials", loc="left", fontsize=9)
    return figure


def pareto(material: Material) -> Figure:
    """Draw objectives two by two, and the trials that none is better than in all of them."""
    names = material.record.objectives
    if len(names) < 2:
        return empty("the session has one objective, so there is no front")
    rows = [row for row in material.rows if row.objectives and len(row.objectives) == len(names)]
    if not rows:
        return empty(NO_TRIALS)
    points = drawable([row.objectives for row in rows])
    feasible = np.array([all(v <= 0 for v in row.constraints.values()) for row in rows])
    on_it = front(points, feasible)
    numbers = [str(rows[place].number) for place in on_it]
    two_by_two = list(combinations(range(len(names)), 2))[:_MOST_FRONTS]
    columns = min(2, len(two_by_two))
    lines = -(-len(two_by_two) // columns)
    with style():
        figure = Figure(figsize=(6 if columns == 1 else 9, 4.2 * lines), layout="constrained")
        axes = figure.subplots(lines, columns, squeeze=False).ravel()
        for axis, two in zip(axes, two_by_two, strict=False):
            _front(axis, points[:, two], feasible, on_it, numbers)
            # Of more than two objectives no line leads from trial to trial.
            axis.lines[-1].set_linestyle("-" if len(names) == 2 else "")
            axis.set(xlabel=short(names[two[0]]), ylabel=short(names[two[1]]))
        axes[0].legend(fontsize=8)
        for axis in axes[len(two_by_two) :]:
            axis.set_axis_off()
    return figure


def _front(axis: Any, points: Any, feasible: Any, on_it: list[int], numbers: list[str]) -> None:
    dots(axis, *points[feasible].T, label="trial")
    if not feasible.all():
        dots(axis, *points[~feasible].T, color=LIGHT, label="breaks a constraint")
    axis.plot(*points[on_it].T, "o-", color=ORANGE, ms=5, lw=0.8, label="front")
    every = max(1, len(on_it) // 12)
    for place, number in list(zip(on_it, numbers, strict=True))[::every]:
        axis.annotate(number, points[place], xytext=(4, 4), textcoords="offset points",
                      fontsize=7, color=GREY)  # fmt: skip


def _by_importance(material: Material) -> list[str]:
    known = list(material.importance)
    return [*known, *(name for name in material.searched if name not in known)]


def _to_unit(values: Any) -> Any:
    if not np.isfinite(values).any():
        return values
    low, high = np.nanmin(values), np.nanmax(values)
    return (values - low) / (high - low) if high > low else np.full(len(values), 0.5)
