"""How often each ADU was seen: all that integer pixels say of H(Y|X), in little room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats

_WIDEST = 2**20  # ADU from the lowest to the highest: beyond, counts take more room than they save
_CHUNK = 2**17  # pixels: np.bincount widens its argument, which so stays in the cache


@dataclass(frozen=True, slots=True)
class AduCounts:
    """Histogram of integer pixels; counts may be fractional, of frames that fade.

    Parameters
    ----------
    first_adu
        What the first count is of.
    counts
        (k,) how many pixels read first_adu, first_adu + 1, ...
    """

    first_adu: int
    counts: Floats

    @classmethod
    def of(cls, pixels: NDArray[Any]) -> AduCounts | None:
        """Count integer ``pixels`` of any shape and dtype; None where they lie too far apart."""
        first, last = int(pixels.min()), int(pixels.max())
        if last - first >= _WIDEST:
            return None
        flat = pixels.reshape(-1)
        # 8 and 16 bit are counted as they are, from 0
        small = flat.dtype.kind == "u" and flat.dtype.itemsize <= 2
        size = last + 1 if small else last - first + 1
        counts = np.zeros(size, dtype=np.int64)
        for start in range(0, flat.size, _CHUNK):
            part = flat[start : start + _CHUNK]
            codes = part if small else part.astype(np.int64) - first
            counts += np.bincount(codes, minlength=size)
        return cls(first, (counts[first:] if small else counts).astype(np.float64))

    @property
    def adu(self) -> NDArray[np.int64]:
        """(k,) the ADU that are counted."""
        return np.arange(self.first_adu, self.first_adu + self.counts.size)

    @property
    def n(self) -> float:
        """Number of pixels, weighted."""
        return float(self.counts.sum())

    def mean(self, values: Floats) -> float:
        """Average over the pixels ``values`` (k,) of `adu`."""
        return float(self.counts @ values) / self.n

    def scaled(self, weight: float) -> AduCounts:
        """Count these pixels ``weight`` times."""
        return AduCounts(self.first_adu, weight * self.counts)

    def __add__(self, other: AduCounts) -> AduCounts:
        first = min(self.first_adu, other.first_adu)
        last = max(part.first_adu + part.counts.size for part in (self, other))
        counts = np.zeros(last - first)
        for part in (self, other):
            start = part.first_adu - first
            counts[start : start + part.counts.size] += part.counts
        return AduCounts(first, counts)


def joined(one: AduCounts | None, other: AduCounts | None) -> AduCounts | None:
    """Add two histograms; None where there is not one of all pixels, or it grows too wide."""
    if one is None or other is None:
        return None
    ends = [part.first_adu + part.counts.size for part in (one, other)]
    if max(ends) - min(one.first_adu, other.first_adu) > _WIDEST:
        return None
    return one + other
