"""The figure of a scan: the objective with its interval over one setting, or as a map over two."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from hil.report.drawing import short, style
from hil.store import Database

_BLUE = "#0072b2"


def draw_scan(database: Database, session: str, settings: Sequence[str], path: Path) -> None:
    """Draw a stored scan.

    Parameters
    ----------
    database, session
        Where it is.
    settings
        What was scanned, one or two, under canonical names.
    path
        A file that matplotlib can write.
    """
    table = database.trials(session, where=["state = COMPLETE"])
    record = database.session(session)
    objective = short(record.objectives[0].replace("_", " "))
    with style():
        figure = Figure(figsize=(7, 4.5), layout="constrained")
        axis = figure.subplots()
        x = np.asarray(table[settings[0]], dtype=float)
        value = np.asarray(table["objective"], dtype=float)
        axis.set_xlabel(short(settings[0]))
        if len(settings) == 1:
            low, high = (np.asarray(table[end], dtype=float) for end in ("ci_low", "ci_high"))
            axis.vlines(x, low, high, color=_BLUE, alpha=0.4, linewidth=3)
            axis.plot(x, value, "o-", color=_BLUE, markersize=4)
            axis.set_ylabel(objective)
        else:
            y = np.asarray(table[settings[1]], dtype=float)
            points = axis.scatter(x, y, c=value, s=90, marker="s", cmap="viridis")
            axis.set_ylabel(short(settings[1]))
            figure.colorbar(points, label=objective)
        axis.set_title(short(record.name, 60))
        figure.savefig(path, dpi=120)
