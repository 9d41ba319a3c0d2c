"""The picture that shows whether patches were large enough, and fields enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from hil.errors import InputError
from hil.report.drawing import style

if TYPE_CHECKING:
    from hil.information.sufficiency import Sufficiency, SufficiencyPoint, Verdict

_BLUE, _ORANGE, _GREY = "#0072b2", "#d55e00", "#8c8c8c"


def draw(found: Sufficiency, patch_size: int, confidence: float, path: Path) -> None:
    """Draw value with interval and bound against patch size and number of fields.

    Parameters
    ----------
    found
        The curves and what they say.
    patch_size
        The one that was asked for.
    confidence
        Of the intervals.
    path
        A ``.png`` file.

    Raises
    ------
    InputError
        Where it cannot be written.
    """
    with style():
        figure = Figure(figsize=(11, 4.2), layout="constrained")
        left, right = figure.subplots(1, 2)
        label = f"estimate, {confidence:.0%} interval"
        _curve(left, found.by_patch_size, lambda point: point.patch_size, label)
        left.set(xlabel="side of the patch, pixels")
        left.axvline(patch_size, color=_GREY, lw=0.8, ls=":", zorder=0)
        _curve(right, found.by_fields, lambda point: point.n_fields, label)
        right.set(xlabel="fields of view")
        for axis, verdict in ((left, found.patch_size), (right, found.fields)):
            axis.set(ylabel="information, bits per pixel")
            axis.set_title(_title(verdict), loc="left")
        if found.by_patch_size:
            left.legend(frameon=False)
        try:
            figure.savefig(path, dpi=120)
        except OSError as error:
            reason = error.strerror or str(error)
            raise InputError("--plot", str(path), f"cannot be written: {reason}") from None


def _title(verdict: Verdict) -> str:
    what = verdict.what.capitalize()
    if verdict.enough is None:
        return f"{what}: cannot be told"
    if verdict.enough:
        return f"{what}: enough"
    verb = "falls" if verdict.fall_bits > 0 else "rises"
    return f"{what}: still {verb} by {abs(verdict.fall_bits):.3g} bits per doubling"


def _curve(
    axis: Any,
    points: Sequence[SufficiencyPoint],
    place: Callable[[SufficiencyPoint], int],
    label: str,
) -> None:
    if not points:
        axis.text(0.5, 0.5, "too few patches", ha="center", color=_GREY, transform=axis.transAxes)
        return
    x = np.array([place(point) for point in points])
    value = np.array([point.bits_per_pixel for point in points])
    low = np.array([point.ci_low for point in points])
    high = np.array([point.ci_high for point in points])
    bars = np.nan_to_num(np.stack([value - low, high - value]))  # no interval, no bar
    axis.plot(
        x, [point.held_out_bits for point in points], color=_ORANGE, lw=1, label="bound (held-out)"
    )
    axis.errorbar(x, value, bars, fmt="o", ms=4, color=_BLUE, elinewidth=1, capsize=2, label=label)
    axis.set_xscale("log", base=2)
    axis.set_xticks(x, [str(one) for one in x])
    axis.minorticks_off()
