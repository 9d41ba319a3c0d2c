"""Numbers that an axis can hold: beyond 1e300 ranges have no end, neither margins nor ticks."""

from __future__ import annotations

from typing import Any

import numpy as np

from drivers.types import Floats
from hil.records.trial import LARGEST_OBJECTIVE


def drawable(values: Any) -> Floats:
    """Give values as floats, NaN where no axis can hold them.

    Parameters
    ----------
    values
        Of any shape; whatever people's functions, devices and imported tables came to.
    """
    found = np.asarray(values, dtype=float)
    return np.where(np.abs(found) <= LARGEST_OBJECTIVE, found, np.nan)
