"""Light in codes, and u, the coordinate in which its noise has a width of 1, of each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

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
    def _tables(self) -> tuple[Singles, Singles, Singles]:
        """(L,) u of each code, and its first and second derivatives."""
        if self.table.size == 1:
            return self.table, np.zeros_like(self.table), np.zeros_like(self.table)
        steep = np.gradient(self.table.astype(np.float64))
        bend = np.gradient(steep)
        return self.table, steep.astype(np.float32), bend.astype(np.float32)

    def light_of(self, u: Singles) -> Singles:
        """Give light in codes, as far as there are codes."""
        codes = np.arange(self.table.size, dtype=np.float64)
        return np.interp(u, self.table, codes).astype(np.float32)

    def u_of(self, light: Singles) -> Singles:
        """Give u of light in codes."""
        return self._read(light, self._tables[:1])[0]

    def to_u(self, light: Singles) -> tuple[Singles, Singles, Singles]:
        """Give u of light in codes, and its first and second derivatives there."""
        u, steep, bend = self._read(light, self._tables)
        return u, steep, bend

    def _read(self, light: Singles, tables: Sequence[Singles]) -> list[Singles]:
        """Read tables between codes, along straight lines; their codes are one apart."""
        last = self.table.size - 1
        place = np.clip(light, 0, last)
        below = np.minimum(place.astype(np.intp), max(last - 1, 0))
        above = np.minimum(below + 1, last)
        share = place - below.astype(np.float32)
        return [np.asarray(one[below] + share * (one[above] - one[below])) for one in tables]
