"""A Kalman filter of the place on a bent surface, value by value (Athans et al., IEEE TAC 1968).

c : (3,) place, normal about 0 with covariance C        m(c) = m + T c + 1/2 c^T H c (`points`)
v : variance of what is left

Each value has the slope that the surface has where earlier values put the patch, and the mean and
the variance that its bend adds: the filter of the second order. Whatever it says of a value comes
from earlier ones alone. Where patches differ by 100,000 widths of the noise (of one pixel that is
0, say), rounding and overflow leave nothing of it: then any value is as likely.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from hil.information.densities.smooth.points import SQUARE, Integers, Points, Singles

_AT_ONCE = 1024
_FARTHEST = np.float32(1e6)  # widths of the noise
_BENT_ROWS = 2  # after so many c is known too well for its spread to be bent


def filtered(
    points: Points, spread: Singles, variance: float, u: Singles, kind: Integers
) -> tuple[Singles, Singles]:
    """Predict each value of patches (n, d) by earlier ones, and give its deviation.

    Parameters
    ----------
    spread
        (K, 3, 3) C of each point.
    variance
        v.
    kind
        (n,) point that each patch is near.
    """
    value, sd = np.empty_like(u), np.empty_like(u)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for i in range(0, len(u), _AT_ONCE):
            some = slice(i, i + _AT_ONCE)
            value[some], sd[some] = _some(points, spread, np.float32(variance), u[some], kind[some])
    return value, sd


def by_each(
    predict: Callable[[Singles, Integers], tuple[Singles, Singles]], u: Singles, kinds: Integers
) -> Iterator[tuple[Integers, Singles, Singles]]:
    """Predict patches (n, d) by each of their kinds (n, terms) in turn.

    Of few patches several kinds are told together: a step takes as long for a hundred as for ten.

    Yields
    ------
    (n,), (n, d), (n, d)
        Of a term: the kind of each patch, its values and deviations.
    """
    n, terms = kinds.shape
    together = max(1, _AT_ONCE // max(n, 1))
    for first in range(0, terms, together):
        some = kinds[:, first : first + together].T
        value, sd = predict(np.tile(u, (len(some), 1)), some.ravel())
        shape = (len(some), *u.shape)
        yield from zip(some, value.reshape(shape), sd.reshape(shape), strict=True)


def _some(
    points: Points, spread: Singles, least: np.float32, u: Singles, kind: Integers
) -> tuple[Singles, Singles]:
    n, d = u.shape
    middles = points.middles[kind]
    about = np.ascontiguousarray((u - middles).T)
    slopes = np.ascontiguousarray(points.slopes[kind].transpose(2, 1, 0))
    bends = np.ascontiguousarray(points.bends[kind].transpose(2, 1, 0))
    covariance = np.ascontiguousarray(spread[kind].transpose(1, 2, 0))
    c = np.zeros((3, n), dtype=np.float32)
    value, variance = np.empty((d, n), dtype=np.float32), np.empty((d, n), dtype=np.float32)
    wide = _BENT_ROWS * round(d**0.5)
    for i, (slope, pairs) in enumerate(zip(slopes, bends, strict=True)):
        bend = pairs[SQUARE]
        turned = _product(bend, c)
        value[i] = ((slope + turned / 2) * c).sum(axis=0)
        slope += turned
        pulled = _product(covariance, slope)
        variance[i] = (slope * pulled).sum(axis=0) + least
        if i < wide:
            both = (bend[:, :, None] * covariance).sum(axis=1)
            value[i] += (both[0, 0] + both[1, 1] + both[2, 2]) / 2
            variance[i] += (both * both.swapaxes(0, 1)).sum(axis=(0, 1)) / 2
        gain = pulled / variance[i]
        c += gain * (about[i] - value[i])
        covariance -= gain[:, None] * pulled
    lost = ~((np.abs(value) < _FARTHEST) & (variance > 0) & (variance < _FARTHEST**2))
    value[lost], variance[lost] = 0, _FARTHEST**2
    return value.T + middles, np.sqrt(variance).T


def _product(matrix: Singles, vector: Singles) -> Singles:
    result: Singles = matrix[:, 0] * vector[0]
    result += matrix[:, 1] * vector[1]
    result += matrix[:, 2] * vector[2]
    return result
