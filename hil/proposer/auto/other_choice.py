"""The best settings with another choice: what a wheel does is often known far from the best alone.

A choice that was measured where the other settings were wrong tells little, and may look the worst
of all. So each is measured once where the best is.
"""

from __future__ import annotations

import numpy as np

from drivers.types import Floats
from hil.proposer.auto.space import UnitSpace

_BASIN = 0.15  # of the cube, root mean square over the other settings: measured at the same place


def other_choice(
    space: UnitSpace, best: Floats, measured: Floats, pending: Floats
) -> Floats | None:
    """Give the best point with a choice that nobody has measured there; None where all were.

    Parameters
    ----------
    space
        What is searched.
    best
        (n_columns,) the best point.
    measured, pending
        (n, n_columns) points that were asked for.
    """
    asked = np.vstack([measured, pending])
    for columns in space.choices:
        others = np.ones(space.n_columns, dtype=bool)
        others[columns] = False
        away = (asked[:, others] - best[others]) ** 2
        near = away.mean(axis=1) < _BASIN**2 if others.any() else np.ones(len(asked), dtype=bool)
        tried = asked[near][:, columns].sum(axis=0) + best[columns]
        untried = np.flatnonzero(tried < 0.5)
        if len(untried):
            point = best.copy()
            point[columns] = 0.0
            point[columns.start + untried[0]] = 1.0
            return np.asarray(point)
    return None
