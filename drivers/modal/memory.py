"""An array without hardware: it holds the vector, as coarse as its converter.

For trying a rig file at the desk, and behind simulated optics.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import numpy as np
from pydantic import BaseModel, Field

from drivers.errors import DeviceLost
from drivers.modal.array import ArrayKind
from drivers.types import Floats


class MemoryOptions(BaseModel, frozen=True, extra="forbid", strict=True):
    """What ``array = { kind = "memory" }`` may say.

    Parameters
    ----------
    actuators
        How many there are.
    step
        Smallest difference that the converter makes, in the actuators' unit; 0 for none.
    """

    actuators: Annotated[int, Field(ge=1, le=100_000)]
    step: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0


class MemoryArray:
    """Holds the last vector.

    Parameters
    ----------
    options
        See `MemoryOptions`.

    Attributes
    ----------
    sent
        How many vectors came.
    """

    def __init__(self, options: MemoryOptions) -> None:
        self.n_actuators = options.actuators
        self.versions: Mapping[str, str] = {"numpy": np.__version__}
        self.sent = 0
        self._step = options.step
        self._held = np.zeros(options.actuators)
        self._open = True

    def send(self, vector: Floats) -> None:
        """Hold a vector, rounded to the converter's steps."""
        self._require_open()
        held = np.round(vector / self._step) * self._step if self._step else vector.copy()
        self._held, self.sent = held, self.sent + 1

    def read(self) -> Floats:
        """Give the vector that is held."""
        self._require_open()
        return self._held.copy()

    def close(self) -> None:
        """Let go."""
        self._open = False

    def _require_open(self) -> None:
        if not self._open:
            raise DeviceLost("array", "the connection is closed")


MEMORY = ArrayKind(MemoryOptions, MemoryArray)
