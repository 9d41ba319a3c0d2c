"""Trials that none is better than in all objectives."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats


def front(points: Floats, feasible: NDArray[np.bool_]) -> list[int]:
    """Find the front.

    Parameters
    ----------
    points
        (n, objectives), more is better.
    feasible
        (n,) whether a point may be on it.

    Returns
    -------
    list of int
        Places, the best in the first objective first; one of points that are the same.
    """
    found: list[int] = []
    # In this order none is beaten by one that comes later.
    for place in np.lexsort(-points.T[::-1]):
        able = feasible[place] and np.isfinite(points[place]).all()
        if able and not (points[found] >= points[place]).all(axis=1).any():
            found.append(int(place))
    return found
