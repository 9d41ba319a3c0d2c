"""Types of arrays and values that every layer speaks of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

Value: TypeAlias = float | int | str  # of a setting

# Loading numpy takes a third of the time of a question to the database, and nobody asks at run time
# what these are.
if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Pixels: TypeAlias = NDArray[np.unsignedinteger[Any]]  # ADU, as a camera gives them
else:
    Floats = Pixels = Any
