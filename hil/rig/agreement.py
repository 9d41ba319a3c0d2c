"""When a value that was read back counts as the one that was asked for."""

from __future__ import annotations

import math

from drivers.types import Value

# The rounding of single precision, in which many adapters think.
_RELATIVE = 1e-6


def agrees(wanted: Value | None, seen: Value, tolerance: float) -> bool:
    """Whether a read-back counts as the request.

    Parameters
    ----------
    wanted
        None where nothing was asked for: then any text and any finite number will do.
    seen
        As read.
    tolerance
        In the setting's unit.
    """
    if wanted is None:
        return isinstance(seen, str) or math.isfinite(seen)
    if isinstance(wanted, str) or isinstance(seen, str):
        return wanted == seen
    return abs(seen - wanted) <= tolerance + _RELATIVE * abs(wanted)
