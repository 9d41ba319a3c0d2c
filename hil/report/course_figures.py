"""A session trial by trial: information with its best so far, fields of view, drift, frames."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from hil.report.drawing import (
    BLUE,
    GREY,
    LIGHT,
    MANY,
    ORANGE,
    dots,
    empty,
    short,
    style,
    whole_numbers,
)
from hil.report.grey import in_blocks
from hil.report.material import Material
from hil.report.settings.drawable import drawable

NO_TRIALS = "no trial is complete"


def history(material: Material) -> Figure:
    """Draw each trial's first objective with its interval, and the best so far."""
    done = material.complete
    if done.empty:
        return empty(NO_TRIALS)
    numbers, values = done["number"].to_numpy(), done["value"].to_numpy()
    shift = values - done["objective"].to_numpy()
    low = drawable(done["ci_low"].to_numpy(dtype=float) + shift)
    high = drawable(done["ci_high"].to_numpy(dtype=float) + shift)
    with style():
        figure = Figure(figsize=(9, 3.4), layout="constrained")
        axis = figure.subplots()
        axis.vlines(numbers, low, high, color=LIGHT, lw=0.8, rasterized=len(numbers) > MANY)
        dots(axis, numbers, values, label="trial")
        feasible = ~np.isin(numbers, infeasible(material))
        if feasible.any():
            best = np.maximum.accumulate(values[feasible])
            axis.step(
                numbers[feasible], best, color=BLUE, lw=1.2, where="post", label="best so far"
            )
        if not feasible.all():
            dots(axis, numbers[~feasible], values[~feasible], marker="x", s=16, linewidths=0.8,
                 color=GREY, label="breaks a constraint")  # fmt: skip
        if (won := material.result.best) is not None:
            label = f"best: trial {won.number}"
            axis.plot(won.number, drawable(won.objective), "o", color=ORANGE, ms=6, label=label)
        axis.set(xlabel="trial", ylabel=short(material.result.objective))
        whole_numbers(axis)
        axis.legend(fontsize=8)
    return figure


def infeasible(material: Material) -> list[int]:
    """Numbers of the trials that break a constraint."""
    return [row.number for row in material.rows if any(v > 0 for v in row.constraints.values())]


def fields(material: Material) -> Figure:
    """Draw every field's bits as a heat map, trial by field; white where it was not measured."""
    numbers, places, table = material.fields()
    if not table.size:
        return empty("no trial has values of single fields of view")
    with style():
        figure = Figure(figsize=(9, 0.9 + min(0.28 * len(places) + 1, 5)), layout="constrained")
        axis = figure.subplots()
        # By place in the list, not by number: trials that failed have no column.
        image = axis.imshow(table.T, aspect="auto", cmap="viridis", interpolation="nearest")
        shown = np.unique(np.linspace(0, len(numbers) - 1, min(10, len(numbers))).astype(int))
        axis.set_xticks(shown, [str(numbers[place]) for place in shown])
        every = max(1, len(places) // 16)
        ticks = range(0, len(places), every)
        axis.set_yticks(list(ticks), [str(places[place]) for place in ticks])
        axis.set(xlabel="trial", ylabel="field of view")
        figure.colorbar(image, label="bits per pixel")
    return figure


def drift(material: Material) -> Figure:
    """Draw the reference trials over the session, and what was found of them."""
    done = material.complete
    found = material.drift
    kinds = done["kind"].isin(["reference"])
    if found is None or not kinds.any():
        return empty("no two reference trials, so nothing is known of drift")
    references = done[kinds]
    bits = material.estimates.set_index("number").reindex(references["number"])
    at, values = references["number"].to_numpy(), drawable(bits["bits_per_pixel"])
    below = values - bits["ci_low"].to_numpy(dtype=float)
    above = bits["ci_high"].to_numpy(dtype=float) - values
    with style():
        figure = Figure(figsize=(9, 2.8), layout="constrained")
        axis = figure.subplots()
        axis.errorbar(at, values, (below, above), fmt="o", ms=4, color=BLUE, ecolor=LIGHT)
        said = f"{found.bits:+.4f} ({found.ci_low:+.4f} to {found.ci_high:+.4f}) bits per pixel"
        taken = "taken off the other trials" if found.significant else "within chance"
        axis.set_title(f"{said}, {taken}", loc="left", fontsize=9)
        axis.set(xlabel="trial", ylabel="reference, bits per pixel")
        whole_numbers(axis)
    return figure


def _first_frame(material: Material, number: int) -> Figure:
    """Draw the first trial's frame by itself, where no trial is the best."""
    frame = material.frame(number, None)
    if frame is None:
        return empty("no trial is the best, and the frames of the first were not kept")
    image = frame.astype(np.float64)
    low, high = np.percentile(image, (0.5, 99.8))
    with style():
        figure = Figure(figsize=(4.6, 3.4), layout="constrained")
        axis = figure.subplots()
        drawn = axis.imshow(in_blocks(image), cmap="gray", vmin=low, vmax=max(high, low + 1))
        axis.set_title(f"first (trial {number}); none is the best", loc="left")
        axis.set_axis_off()
        figure.colorbar(drawn, ax=axis, label="ADU", shrink=0.8)
    return figure


def frames(material: Material) -> Figure:
    """Draw the first and the best frame at one grey scale, and their difference."""
    won = material.result.best
    if material.complete.empty:
        return empty(NO_TRIALS)
    first = int(material.complete["number"].iloc[0])
    if won is None:
        return _first_frame(material, first)
    # A trial may have measured some of the fields only: the same field is shown of both, of another
    # trial at the same settings where these two have none in common.
    pairs = [
        (one, other, field)
        for other in material.at_settings_of(won.number)
        for one in material.at_settings_of(first)
        for field in _in_common(material, one, other)
    ]
    if not pairs and material.measured_fields(won.number) and material.measured_fields(first):
        return empty("the first and the best trial have no field of view in common")
    shown, best, field = pairs[0] if pairs else (first, won.number, None)
    before, after = material.frame(shown, field), material.frame(best, field)
    if before is None or after is None:
        return empty("the frames of the first or the best trial were not kept")
    whose = "" if best == won.number else f", settings of {won.number}"
    a, b = before.astype(np.float64), after.astype(np.float64)
    low, high = np.percentile(np.concatenate([a.ravel(), b.ravel()]), (0.5, 99.8))
    with style():
        same = a.shape == b.shape
        figure = Figure(figsize=(10, 3.4), layout="constrained")
        axes = figure.subplots(1, 3 if same else 2)
        for axis, image, title in zip(
            axes, (a, b), (f"first (trial {shown})", f"best (trial {best}{whose})"), strict=False
        ):
            drawn = axis.imshow(in_blocks(image), cmap="gray", vmin=low, vmax=max(high, low + 1))
            axis.set_title(title, loc="left")
        figure.colorbar(drawn, ax=axes[:2], label="ADU", shrink=0.8)
        if same:
            change = in_blocks(b - a)
            most = float(np.percentile(np.abs(change), 99.8)) or 1.0
            drawn = axes[2].imshow(change, cmap="RdBu_r", vmin=-most, vmax=most)
            axes[2].set_title("best less first", loc="left")
            figure.colorbar(drawn, ax=axes[2], label="ADU", shrink=0.8)
        for axis in axes:
            axis.set_axis_off()
    return figure


def _in_common(material: Material, one: int, other: int) -> list[int]:
    theirs = material.measured_fields(other)
    return [field for field in material.measured_fields(one) if field in theirs]
