"""A place well inside limits across settings, where there is one.

z        : values of the settings that are free, within [l, h]
s        : how far inside every row of every limit z lies, in units of the row's own size

``max s`` under ``B z + f + |b| s <= high`` and ``-(B z + f) + |b| s <= -low``: the centre of the
largest ball in a polytope (Boyd and Vandenberghe, Convex Optimization, 8.5.1), a linear program.
Sums of magnitudes are linear too, one row for each choice of signs; norms are kept by the cube
inside the ball.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from drivers.types import Value
from hil.rig.moves.joint import Floats, JointLimit, RowsLimit, SizeLimit

# Rows double with each setting of a sum of magnitudes.
_MOST_SIGNS = 10


def interior(
    limits: Sequence[JointLimit],
    free: Mapping[str, tuple[float, float]],
    held: Mapping[str, Value],
    places: Sequence[Mapping[str, Value]] = ({},),
) -> dict[str, float] | None:
    """Find values of some settings at which limits hold with room to spare.

    Parameters
    ----------
    limits
        Limits across settings.
    free
        The lowest and the highest value of each setting that may be chosen; finite.
    held
        The other settings of the limits.
    places
        Those of them that differ between places; the limits hold at each.

    Returns
    -------
    dict or None
        None where no values were found.
    """
    from scipy.optimize import linprog

    names = list(free)
    rows, tops = [np.zeros((0, len(names) + 1))], [np.zeros(0)]
    for limit, place in itertools.product(limits, places):
        matrix, high = _rows(limit)
        share = np.zeros((len(matrix), len(names)))
        for column, name in enumerate(limit.settings):
            if name in free:
                share[:, names.index(name)] = matrix[:, column]
        there = {**held, **place, **dict.fromkeys(free, 0.0)}
        fixed = np.array([float(there[name]) for name in limit.settings])
        size = np.linalg.norm(share, axis=1, keepdims=True)
        rows.append(np.hstack([share, size]))
        tops.append(high - matrix @ fixed)
    ends = [*free.values()]
    span = max((high - low for low, high in ends), default=0.0)
    found = linprog(
        [0.0] * len(names) + [-1.0],
        A_ub=np.vstack(rows),
        b_ub=np.concatenate(tops),
        bounds=[*ends, (0.0, max(span, 1.0))],
        method="highs",
    )
    if not found.success or found.x is None:
        return None
    return {n: float(np.clip(v, *free[n])) for n, v in zip(names, found.x[:-1], strict=True)}


def _rows(limit: JointLimit) -> tuple[Floats, Floats]:
    """Write a limit as rows ``B z <= high``; none where it cannot be."""
    if isinstance(limit, RowsLimit):
        matrix = np.vstack([limit.matrix, -limit.matrix])
        high = np.concatenate([limit.highs - limit.offset, limit.offset - limit.lows])
        return matrix[np.isfinite(high)], high[np.isfinite(high)]
    n = len(limit.settings)
    if not isinstance(limit, SizeLimit) or (limit.rule == "sum_abs" and n > _MOST_SIGNS):
        return np.zeros((0, n)), np.zeros(0)
    if limit.rule == "sum_abs":
        signs = np.array(list(itertools.product((-1.0, 1.0), repeat=n)))
        return signs, np.full(len(signs), limit.high)
    return np.vstack([np.eye(n), -np.eye(n)]), np.full(2 * n, limit.high / np.sqrt(n))
