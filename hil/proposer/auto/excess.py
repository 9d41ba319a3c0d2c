"""By how much constraints are broken, as numbers that a process can learn from.

What clips or carries a flag is told by one number on the allowed side, whatever the settings, and
by any on the other: 0 % of the pixels, or 33 %. Where the bound lies is then known only to be
between two such points, so that both sides count alike; else a single point that clips far would
make everything look forbidden that is not next to what is allowed.
"""

from __future__ import annotations

import numpy as np

from drivers.types import Floats

_TYPICAL = float(np.arcsinh(1.0))


def told(excess: Floats) -> Floats:
    """Compress (n,) excesses, of which some are above 0; at most 0 is feasible before and after.

    How far beyond the bound something lies hardly matters, that it is beyond does. Either side is
    measured by its own mean distance, which what lies next to the bound hardly makes less; one
    that is 0 throughout keeps a distance nevertheless.
    """
    found = np.empty(len(excess))
    broken = excess > 0
    for side in (broken, ~broken):
        typical = float(np.mean(np.abs(excess[side]))) if side.any() else 0.0
        found[side] = np.arcsinh(excess[side] / typical) if typical > 0 else -_TYPICAL
    return found
