"""Light in codes, and u, the coordinate in which its noise has a width of 1, of each other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from drivers.types import Floats
from hil.information.densities.smooth.points import Singles


@dataclass(frozen=True)
class LightScale:
    """See the module.

    Parameters
    ----------
    table
        (L,) u of each code; what lies beyond the first or the last has that of it.
    """

    table: Singles

    @cached_property
    def _codes(self) -> Floats:
        return np.arange(self.table.size, dtype=np.float64)

    @cached_property
    def _derivatives(self) -> tuple[Floats, Floats]:
        if self.table.size == 1:
            return np.zeros(1), np.zeros(1)
        first = np.gradient(self.table.astype(np.float64))
        return first, np.gradient(first)

    def light_of(self, u: Singles) -> Singles:
        """Give light in codes, as far as there are codes."""
        return np.interp(u, self.table, self._codes).astype(np.float32)

    def u_of(self, light: Singles) -> Singles:
        """Give u of light in codes."""
        return np.interp(light, self._codes, self.table).astype(np.float32)

    def to_u(self, light: Singles) -> tuple[Singles, Singles, Singles]:
        """Give u of light in codes, and its first and second derivatives there."""
        steep, bend = (np.interp(light, self._codes, one) for one in self._derivatives)
        return self.u_of(light), steep.astype(np.float32), bend.astype(np.float32)
