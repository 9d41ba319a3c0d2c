"""Points of the surface on which patches of smooth light lie, its slopes there and how it bends.

m : (K, d) patches        c : (3,) pixels further down and across, and turned by 2 c / p
T : (K, 3, d), H : (K, 6, d) derivatives of m by c, first and second: those of `PAIRS`

    m(c) = m + T c + 1/2 c^T H c

All are of the light, by differences over two pixels on either side (exact to their fourth order),
and go to u by the chain rule: light is as smooth as optics have made it, its square root is not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Singles = NDArray[np.float32]
Integers = NDArray[np.intp]
ToU = Callable[[Singles], tuple[Singles, Singles, Singles]]
"""u of light, and its first and second derivative."""

BORDER = 2  # pixels around a patch, that are read for differences
PAIRS = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
SQUARE = np.array([[0, 1, 2], [1, 3, 4], [2, 4, 5]])  # where a pair stands in `PAIRS`
_FIRST = (np.array([1, -8, 0, 8, -1]) / 12).astype(np.float32)
_SECOND = (np.array([-1, 16, -30, 16, -1]) / 12).astype(np.float32)


class Points(NamedTuple):
    """Some points of the surface.

    Parameters
    ----------
    middles, slopes, bends
        m, T and H.
    squares
        (K, 3, 3) products of T.
    """

    middles: Singles
    slopes: Singles
    bends: Singles
    squares: Singles

    @classmethod
    def of(cls, light: Singles, to_u: ToU) -> Points:
        """Take patches of light (n, p + 4, p + 4) in codes, wider by `BORDER` all around."""
        n, p = len(light), light.shape[1] - 2 * BORDER
        inside = np.s_[BORDER:-BORDER]
        by_row, by_column = light[:, :, inside], light[:, inside]
        once = _differences(by_row, _FIRST, 1), _differences(by_column, _FIRST, 2)
        twice = (
            _differences(by_row, _SECOND, 1),
            _differences(_differences(light, _FIRST, 1), _FIRST, 2),
            _differences(by_column, _SECOND, 2),
        )
        first, second = _and_turned(once, twice)
        u, steepness, bend = (one.reshape(n, 1, -1) for one in to_u(light[:, inside, inside]))
        first, second = first.reshape(n, len(first[0]), -1), second.reshape(n, len(PAIRS), -1)
        i, j = np.array(PAIRS).T
        bends = steepness * second + bend * first[:, i] * first[:, j]
        slopes = steepness * first
        middles = u.reshape(n, p * p)
        return cls(middles, slopes, bends, slopes @ slopes.swapaxes(1, 2))


def _differences(light: Singles, weights: Singles, axis: int) -> Singles:
    """Weighted sums of 5 neighbours along an axis, which is shorter by 4 then."""
    every = np.lib.stride_tricks.sliding_window_view(light, weights.size, axis)
    return np.asarray(every @ weights, dtype=np.float32)


def _and_turned(
    once: tuple[Singles, Singles], twice: tuple[Singles, Singles, Singles]
) -> tuple[Singles, Singles]:
    """Give derivatives (n, 3, p, p) and (n, 6, p, p) by c, of those by rows and columns."""
    (down, across), (dd, da, aa) = once, twice
    p = down.shape[1]
    row, column = (at - np.float32((p - 1) / 2) for at in np.mgrid[:p, :p].astype(np.float32))
    unit = np.float32(2 / p)
    turn = unit * (column * down - row * across)
    down_turn, across_turn = (unit * (column * x - row * y) for x, y in ((dd, da), (da, aa)))
    turns = column * (column * dd - 2 * row * da - across) + row * (row * aa - down)
    second = (dd, da, down_turn, aa, across_turn, unit**2 * turns)
    return np.stack([down, across, turn], axis=1), np.stack(second, axis=1)
