"""Where a search stands: what of its start is left, and whether it has come to a standstill."""

from __future__ import annotations

import numpy as np

from drivers.types import Floats
from hil.proposer.auto.observations import Observations

_STALE = 6  # trials without a better one, after which every other looks elsewhere
_BETTER = 0.01  # relative: less is no news
_SAME = 1e-6  # in the unit cube
_NEAR = 0.01


def not_asked(star: Floats, seen: Observations) -> Floats | None:
    """Give the first point of the star that was not asked for; None once the star is done.

    Trials from elsewhere count too: with as many of them there is enough to begin with.
    """
    asked = np.vstack([seen.points, seen.pending])
    if len(asked) >= 2 * len(star):
        return None
    for point in star:
        if not np.any(np.all(np.abs(asked - point) < _SAME, axis=1)):
            return np.asarray(point)
    return None


def near(point: Floats, points: Floats) -> bool:
    """Whether a point is as good as one of these."""
    return bool(np.any(np.all(np.abs(points - point) < _NEAR, axis=1)))


def stale(seen: Observations, n_star: int) -> bool:
    """Whether the last trials have brought nothing better."""
    if seen.values.shape[1] > 1 or len(seen.values) < n_star + _STALE:
        return False
    values = np.where(seen.feasible, seen.values[:, 0], -np.inf)
    before, after = float(np.max(values[:-_STALE])), float(np.max(values))
    return not after > before + _BETTER * abs(before)
