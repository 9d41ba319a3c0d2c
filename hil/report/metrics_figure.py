"""People's own metrics beside information: where both rise together, and where they do not."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from drivers.types import Floats
from hil.records.trial import METRIC
from hil.report.course_figures import NO_TRIALS
from hil.report.drawing import ORANGE, dots, empty, short, style
from hil.report.material import Material
from hil.report.settings.drawable import drawable

_MOST = 12
_ENOUGH = 4  # for a rank correlation that says anything


def metric_names(material: Material) -> list[str]:
    """Name the columns of metrics in which some trial has a number."""
    table = material.complete
    return [name for name in table.columns if name.startswith(METRIC) and table[name].notna().any()]


def metrics(material: Material) -> Figure:
    """Draw each metric against the information of the same trials."""
    if material.complete.empty:
        return empty(NO_TRIALS)
    names = metric_names(material)[:_MOST]
    if not names:
        return empty("no metrics: [[metric]] in the session file asks for some")
    columns = min(3, len(names))
    lines = -(-len(names) // columns)
    with style():
        figure = Figure(figsize=(3.1 * columns + 0.6, 2.5 * lines), layout="constrained")
        axes = figure.subplots(lines, columns, squeeze=False).ravel()
        for axis, name in zip(axes, names, strict=False):
            _against_information(axis, material, name)
        for axis in axes[len(names) :]:
            axis.set_axis_off()
        figure.supylabel("information, bits per pixel", fontsize=9)
    return figure


def _against_information(axis: Any, material: Material, name: str) -> None:
    done = material.complete
    bits = material.estimates.set_index("number")["bits_per_pixel"]
    y = drawable(bits.reindex(done["number"]))
    x = drawable(done[name])
    known = np.isfinite(x) & np.isfinite(y)
    x, y, numbers = x[known], y[known], done["number"].to_numpy()[known]
    dots(axis, x, y)
    if (won := material.result.best) is not None:
        at = numbers == won.number
        axis.plot(x[at], y[at], "o", color=ORANGE, ms=6)
    axis.xaxis.set_major_locator(MaxNLocator(3))  # numbers that differ little are long
    axis.set_xlabel(short(name.removeprefix(METRIC), 34))
    if (rank := rank_correlation(x, y)) is not None:
        axis.set_title(f"rank correlation {rank:+.2f}", fontsize=8)


def rank_correlation(x: Floats, y: Floats) -> float | None:
    """Spearman's; None where there are too few trials, or all are alike."""
    from scipy.stats import spearmanr

    if len(x) < _ENOUGH or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    return float(spearmanr(x, y).statistic)
