"""What the settings did: each against the outcome, how much each matters, all at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from hil.report.course_figures import NO_TRIALS
from hil.report.drawing import BLUE, GREY, LIGHT, MANY, ORANGE, dots, empty, short, style
from hil.report.material import Material

# Of so many trials lines across all settings can be told apart.
_LINES = 300
_MOST_SLICES = 30


def slices(material: Material) -> Figure:
    """Draw each searched setting against the first objective, with the trend of the trials."""
    done, names = material.complete, _by_importance(material)[:_MOST_SLICES]
    if done.empty:
        return empty(NO_TRIALS)
    if not names:
        return empty("no setting was moved")
    columns = min(3, len(names))
    lines = -(-len(names) // columns)
    with style():
        figure = Figure(figsize=(3.1 * columns + 0.6, 2.4 * lines), layout="constrained")
        axes = figure.subplots(lines, columns, squeeze=False).ravel()
        for axis, name in zip(axes, names, strict=False):
            _slice(axis, material, done, name)
        for axis in axes[len(names) :]:
            axis.set_axis_off()
        figure.supylabel(short(material.result.objective, 24), fontsize=9)
    return figure


def _slice(axis: Any, material: Material, done: pd.DataFrame, name: str) -> None:
    place, words = _numbers(done[name])
    known = np.isfinite(place)
    x, y = place[known], done["value"].to_numpy()[known]
    order = done["number"].to_numpy()[known]
    dots(axis, x, y, c=order, cmap="Blues", vmin=-0.4 * max(1, order.max(initial=1)))
    if words:
        axis.set_xticks(range(len(words)), [short(word, 12) for word in words], rotation=30)
    elif (trend := _trend(x, y)) is not None:
        axis.plot(*trend, color=ORANGE if len(x) > MANY else BLUE, lw=1.2)
    if (won := material.result.best) is not None:
        at = order == won.number
        axis.plot(x[at], y[at], "o", color=ORANGE, ms=6)
    axis.set_xlabel(short(name, 34))


def _trend(x: Any, y: Any) -> tuple[Any, Any] | None:
    """Mean of the trials near each value: Gaussian weights of a tenth of the range."""
    if len(x) < 5 or np.ptp(x) <= 0:
        return None
    at = np.linspace(x.min(), x.max(), 60)
    weights = np.exp(-0.5 * ((at[:, None] - x) / (0.1 * np.ptp(x))) ** 2)
    total = weights.sum(axis=1)
    return at, np.where(total > 0.5, weights @ y / np.maximum(total, 1e-300), np.nan)


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
    (x, words_x), (y, words_y) = _numbers(done[names[0]]), _numbers(done[names[1]])
    with style():
        figure = Figure(figsize=(6, 4.2), layout="constrained")
        axis = figure.subplots()
        drawn = dots(axis, x, y, c=done["value"].to_numpy(), cmap="viridis")
        if words_x:
            axis.set_xticks(range(len(words_x)), [short(word, 12) for word in words_x], rotation=30)
        if words_y:
            axis.set_yticks(range(len(words_y)), [short(word, 12) for word in words_y])
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
    scaled = np.stack([_to_unit(_numbers(chosen[name])[0]) for name in names], axis=1)
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
    """Draw the first two objectives, and the trials that none is better than in both."""
    names = material.record.objectives
    if len(names) < 2:
        return empty("the session has one objective, so there is no front")
    rows = [row for row in material.rows if row.objectives and len(row.objectives) > 1]
    if not rows:
        return empty(NO_TRIALS)
    points = np.array([row.objectives[:2] for row in rows if row.objectives], dtype=float)
    feasible = np.array([all(v <= 0 for v in row.constraints.values()) for row in rows])
    front = _front(points, feasible)
    with style():
        figure = Figure(figsize=(6, 4.2), layout="constrained")
        axis = figure.subplots()
        dots(axis, *points[feasible].T, label="trial")
        if not feasible.all():
            dots(axis, *points[~feasible].T, color=LIGHT, label="breaks a constraint")
        axis.plot(*points[front].T, "o-", color=ORANGE, ms=5, lw=0.8, label="front")
        for place in front[:: max(1, len(front) // 12)]:
            axis.annotate(str(rows[place].number), points[place], xytext=(4, 4),
                          textcoords="offset points", fontsize=7, color=GREY)  # fmt: skip
        axis.set(xlabel=short(names[0]), ylabel=short(names[1]))
        axis.legend(fontsize=8)
    return figure


def _front(points: Any, feasible: Any) -> list[int]:
    """Places of the feasible points that none is better than in both, by the first objective."""
    front, highest = [], -np.inf
    for place in np.lexsort((-points[:, 1], -points[:, 0])):
        if feasible[place] and points[place, 1] > highest:
            front.append(int(place))
            highest = points[place, 1]
    return front


def _by_importance(material: Material) -> list[str]:
    known = list(material.importance)
    return [*known, *(name for name in material.searched if name not in known)]


def _numbers(column: pd.Series[Any]) -> tuple[Any, list[str]]:
    """Give a setting's values as numbers; words by their place in the list that comes with them."""
    cells = [None if isinstance(cell, float) and cell != cell else cell for cell in column]
    if not any(isinstance(cell, str) for cell in cells):
        return np.array([np.nan if cell is None else float(cell) for cell in cells]), []
    words = sorted({str(cell) for cell in cells if cell is not None})
    place = {word: float(index) for index, word in enumerate(words)}
    return np.array([np.nan if cell is None else place[str(cell)] for cell in cells]), words


def _to_unit(values: Any) -> Any:
    low, high = np.nanmin(values), np.nanmax(values)
    return (values - low) / (high - low) if high > low else np.full(len(values), 0.5)
