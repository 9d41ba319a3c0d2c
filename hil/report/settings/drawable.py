"""Numbers that an axis can hold."""

from __future__ import annotations

from typing import Any

import numpy as np

from drivers.types import Floats

# Beyond it ranges have no end: matplotlib finds neither margins nor ticks.
_LARGEST = 1e300


def drawable(values: Any) -> Floats:
    """Give values as floats, NaN where no axis can hold them.

    Parameters
    ----------
    values
        Of any shape; whatever people's functions, devices and imported tables came to.
    """
    found = np.asarray(values, dtype=float)
    return np.where(np.abs(found) <= _LARGEST, found, np.nan)
