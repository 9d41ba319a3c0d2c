"""Types of arrays and values that every layer speaks of."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Value: TypeAlias = float | int | str  # of a setting
Floats: TypeAlias = NDArray[np.float64]
Pixels: TypeAlias = NDArray[np.unsignedinteger[Any]]  # ADU, as a camera gives them
