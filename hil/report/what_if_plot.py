"""The figure of a what-if: regret over frames, one panel a search, the recorded one in each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from hil.report.drawing import short, style

if TYPE_CHECKING:
    from hil.records.what_if import Curve, Outcome, WhatIf

_BLUE, _GREY, _RED = "#0072b2", "#777777", "#d55e00"
_COLUMNS = 3


def draw_what_if(found: WhatIf, path: Path, real: Curve | None = None) -> None:
    """Draw what searches would have come to.

    Parameters
    ----------
    found
        The answer.
    path
        A file that matplotlib can write.
    real
        How such a search really went, where somebody knows.
    """
    n = len(found.outcomes)
    columns = min(n, _COLUMNS)
    rows = -(-n // columns)
    with style():
        figure = Figure(figsize=(1.2 + 3.3 * columns, 0.9 + 2.6 * rows), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
        for axis, outcome in zip(axes.flat, found.outcomes, strict=False):
            _panel(axis, outcome, found.recorded, real)
        for axis in axes.flat[n:]:
            axis.set_axis_off()
        for axis in axes[-1]:
            axis.set_xlabel("frames")
        for axis in axes[:, 0]:
            axis.set_ylabel(f"still lacking, {short(found.objective.replace('_', ' '), 24)}")
        figure.suptitle(f"{short(found.name)}: what other searches would have come to", fontsize=10)
        figure.savefig(path, dpi=120)


def _panel(axis: Any, outcome: Outcome, recorded: Outcome, real: Curve | None) -> None:
    band = outcome.band
    axis.fill_between(
        band.frames, band.low, band.high, step="post", color=_BLUE, alpha=0.2, linewidth=0
    )
    axis.step(band.frames, band.median, where="post", color=_BLUE, label=outcome.name)
    own = recorded.band
    axis.step(
        own.frames, own.median, where="post", color=_GREY, linestyle="--", label=recorded.name
    )
    if real is not None:
        axis.step(real.frames, real.regret, where="post", color=_RED, label="as it really went")
    axis.legend(frameon=False, loc="upper right", fontsize=8)
    known = [one for one in (*band.high, *own.median) if np.isfinite(one)]
    axis.set_ylim(0, max(max(known, default=0.0) * 1.02, axis.get_ylim()[1]))
