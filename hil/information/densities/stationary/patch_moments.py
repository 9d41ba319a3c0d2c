"""First and second moments of patches, and the cross-entropy of a Gaussian from them alone.

y : patch less a fixed value, (d,), as its halves e and o
A : sum of y y^T over patches, in halves       b : (d - h,) sum of e       n : number of patches
Q : (d, d) precision of the model              m : (d,) its mean

The mean of -log q over patches is a trace: sum (y-m)^T Q (y-m) = <Q, A> - 2 m^T Q b + n m^T Q m. So
two matrices, one product each, stand for any number of patches, and for a model that reads the same
backwards their blocks in e and o do (see `halves`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.stationary.centrosymmetric import Halves, constant, split

_CHUNK = 256  # patches at a time: they stay in the cache


@dataclass(frozen=True, slots=True)
class PatchMoments:
    """Sums over patches, which may carry fractional weights.

    Parameters
    ----------
    second, first
        A and b of the module.
    n
        Number of patches, weighted.
    """

    second: Halves
    first: Floats
    n: float

    def __add__(self, other: PatchMoments) -> PatchMoments:
        return PatchMoments(self.second + other.second, self.first + other.first, self.n + other.n)

    def __sub__(self, other: PatchMoments) -> PatchMoments:
        return PatchMoments(self.second - other.second, self.first - other.first, self.n - other.n)

    def scaled(self, weight: float) -> PatchMoments:
        """Count these patches ``weight`` times."""
        return PatchMoments(self.second.scaled(weight), weight * self.first, weight * self.n)

    def shifted(self, by_adu: float) -> PatchMoments:
        """Return the sums that pixels higher by ``by_adu`` would give."""
        more = by_adu * constant(self.first.size + self.second.odd.shape[0])
        cross = np.outer(more, self.first)
        even = self.second.even + cross + cross.T + self.n * np.outer(more, more)
        return PatchMoments(Halves(even, self.second.odd), self.first + self.n * more, self.n)

    def covariance(self, mean: float) -> Halves:
        """Return the mean of (y - mean)(y - mean)^T."""
        return self.shifted(-mean).second.scaled(1 / self.n)

    @property
    def sum_of_patches(self) -> Floats:
        """(p, p) sum of the patches and of those turned by 180 degrees, halved."""
        h = self.second.odd.shape[0]
        half = self.first * math.sqrt(0.5)
        if self.first.size > h:
            half[-1] = self.first[-1]
        p = self.second.patch_size
        return np.concatenate([half, half[:h][::-1]]).reshape(p, p)


def frame_moments(frames: NDArray[Any], reference_adu: float, p: int) -> PatchMoments:
    """Sum over the patches that tile frames (n, H, W), less ``reference_adu``.

    In double precision: smooth scenes leave little of their variance to the directions in which a
    precision is large.
    """
    d = p * p
    h = d // 2
    even, odd, first, n = np.zeros((d - h, d - h)), np.zeros((h, h)), np.zeros(d - h), 0
    for pixels in _chunks(frames, p):
        patches = np.subtract(pixels, reference_adu, dtype=np.float64)
        e, o = split(patches)
        even += e @ e.T
        odd += o @ o.T
        first += e.sum(axis=1)
        n += e.shape[1]
    return PatchMoments(Halves(even, odd), first, n)


def tiled(frames: NDArray[Any], p: int) -> NDArray[Any]:
    """Crop (n, H, W) to the patches that fit, centred: the same as `Sample.raw_patches`."""
    height, width = frames.shape[1:]
    down, across = height // p, width // p
    top, left = (height - down * p) // 2, (width - across * p) // 2
    return frames[:, top : top + down * p, left : left + across * p]


def _chunks(frames: NDArray[Any], p: int) -> Iterator[NDArray[Any]]:
    """Patches as columns (d, k): what is done to pixels alike then runs along the memory."""
    cut = tiled(frames, p)
    n, height, width = cut.shape
    down, across = height // p, width // p
    grid = cut.reshape(n, down, p, across, p).transpose(2, 4, 0, 1, 3)
    some_frames, some_rows = max(1, _CHUNK // (down * across)), max(1, _CHUNK // across)
    for first in range(0, n, some_frames):
        for top in range(0, down, some_rows):
            part = grid[:, :, first : first + some_frames, top : top + some_rows]
            yield np.ascontiguousarray(part).reshape(p * p, -1)
