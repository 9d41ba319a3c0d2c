"""Patches split by point reflection: two halves that a stationary model sees apart.

y : (d,) patch, J y the same read backwards, which is the patch turned by 180 degrees; h = d // 2
e : (d - h,) (y + J y) / sqrt 2 over the first half, and the middle pixel itself where d is odd
o : (h,) (y - J y) / sqrt 2 over the first half

A stationary covariance reads the same backwards, J S J = S. In e and o it is block diagonal
(Cantoni and Butler, Linear Algebra Appl. 1976), and so are its inverse and whatever sums over
patches a likelihood takes: half the numbers, and a quarter of the work for a factorisation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats


@dataclass(frozen=True, slots=True)
class Halves:
    """A symmetric (d, d) matrix that reads the same backwards, as its two blocks.

    Parameters
    ----------
    even
        (d - h, d - h) in e.
    odd
        (h, h) in o.
    """

    even: Floats
    odd: Floats

    def __add__(self, other: Halves) -> Halves:
        return Halves(self.even + other.even, self.odd + other.odd)

    def __sub__(self, other: Halves) -> Halves:
        return Halves(self.even - other.even, self.odd - other.odd)

    def __matmul__(self, other: Halves) -> Halves:
        return Halves(self.even @ other.even, self.odd @ other.odd)

    def scaled(self, weight: float) -> Halves:
        """Multiply by ``weight``."""
        return Halves(weight * self.even, weight * self.odd)

    def dot(self, other: Halves) -> float:
        """Sum of the products of all entries, the trace of the matrices' product."""
        return float(np.vdot(self.even, other.even)) + float(np.vdot(self.odd, other.odd))

    @property
    def patch_size(self) -> int:
        """P."""
        return math.isqrt(self.even.shape[0] + self.odd.shape[0])

    @classmethod
    def of_lags(cls, c: Floats) -> Halves:
        """Lay out the covariance of a patch with autocovariance ``c`` (2p-1, 2p-1)."""
        p = c.shape[0] // 2 + 1
        at, h = _places(p), p * p // 2
        same, turned = c.take(at.same), c.take(at.turned)
        even = same + turned
        return cls(even if p % 2 == 0 else at.weight * even, (same - turned)[:h, :h])

    def lag_totals(self) -> Floats:
        """Sum over all entries of equal lag, (2p-1, 2p-1)."""
        p = self.patch_size
        at = _places(p)
        even, odd = self.even, self.odd
        if p % 2:
            even, odd = at.weight * even, np.pad(odd, (0, 1))
        totals = np.bincount(at.same.ravel(), (even + odd).ravel(), (2 * p - 1) ** 2)
        totals += np.bincount(at.turned.ravel(), (even - odd).ravel(), (2 * p - 1) ** 2)
        return (totals + totals[::-1]).reshape(2 * p - 1, 2 * p - 1) / 2


def split(patches: Floats) -> tuple[Floats, Floats]:
    """Give e and o of patches (d, n), columns."""
    h = patches.shape[0] // 2
    turned = patches[::-1]
    even, odd = patches[:-h] + turned[:-h], patches[:h] - turned[:h]
    even *= math.sqrt(0.5)
    odd *= math.sqrt(0.5)
    if patches.shape[0] % 2:
        even[-1] = patches[h]
    return even, odd


def identity(d: int) -> Halves:
    """(d, d) of ones on the diagonal."""
    return Halves(np.eye(d - d // 2), np.eye(d // 2))


def constant(d: int) -> Floats:
    """(d - h,) e of a patch whose pixels are all 1; its o is 0."""
    return split(np.ones((d, 1)))[0][:, 0]


class _Places(NamedTuple):
    """Where in a raveled autocovariance the lags of a matrix's entries lie.

    Of the pixels of the first half, and of the middle one where there is one: from each other, and
    from each other's reflections.
    """

    same: NDArray[np.intp]
    turned: NDArray[np.intp]
    weight: Floats  # of the entries of e: the middle pixel is its own reflection


@cache
def _places(p: int) -> _Places:
    lag = np.arange(p)[:, None] - np.arange(p)[None, :] + p - 1
    index = (lag[:, None, :, None] * (2 * p - 1) + lag[None, :, None, :]).reshape(p * p, p * p)
    h = p * p // 2
    same, turned = index[:-h, :-h], index[:-h, ::-1][:, :-h]
    side = np.ones(p * p - h)
    if p % 2:
        side[-1] = math.sqrt(0.5)
    return _Places(np.ascontiguousarray(same), np.ascontiguousarray(turned), np.outer(side, side))
