"""The figure of a replay on another rig: each trial then and now."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from hil.report.drawing import short, style
from hil.store import Database

_BLUE, _GREY = "#0072b2", "#777777"


def draw_replay(
    database: Database,
    sessions: tuple[str, str],
    pairs: Sequence[tuple[int, int]],
    found: tuple[float, float],
    path: Path,
) -> None:
    """Draw a replay beside its original, with both intervals.

    Parameters
    ----------
    database
        Holds both.
    sessions
        Ids of the original and of the replay.
    pairs
        Numbers of a trial in both.
    found
        Rank correlation and bias.
    path
        A file that matplotlib can write.
    """
    then, now = (database.trials(one).set_index("number") for one in sessions)
    records = [database.session(one) for one in sessions]
    before, after = (
        np.array([table.loc[n, ["objective", "ci_low", "ci_high"]] for n in numbers], dtype=float)
        for table, numbers in zip((then, now), zip(*pairs, strict=True), strict=True)
    )
    unit = short(records[0].objectives[0].replace("_", " "), 24)
    with style():
        figure = Figure(figsize=(5, 4.6), layout="constrained")
        axis = figure.subplots()
        x, y = before[:, 0], after[:, 0]
        axis.hlines(y, before[:, 1], before[:, 2], color=_BLUE, alpha=0.3)
        axis.vlines(x, after[:, 1], after[:, 2], color=_BLUE, alpha=0.3)
        axis.plot(x, y, "o", color=_BLUE, markersize=4)
        known = np.concatenate([x, y])[np.isfinite(np.concatenate([x, y]))]
        if len(known):
            ends = [known.min(), known.max()]
            axis.plot(ends, ends, "--", color=_GREY, linewidth=1, zorder=0)
        axis.set_xlabel(f"on {short(records[0].rig, 24)}: {unit}")
        axis.set_ylabel(f"on {short(records[1].rig, 24)}: {unit}")
        axis.set_title(
            f"{short(records[0].name, 24)}: rank correlation {found[0]:.3f}, bias {found[1]:+.3g}",
            fontsize=10,
        )
        figure.savefig(path, dpi=120)
