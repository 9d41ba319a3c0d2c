"""The distribution of a pixel given its nearest neighbours: a mixture of Gaussians over them all.

z : (D, n) nearest earlier neighbours of a pixel and, last, the pixel; u (`cells`) less its mean m
k : kind of neighbourhood, with weight pi_k, mean mu_k and covariance S_k (D, D)

What comes next at an edge is no linear function of what came before, and may be one of several
things: of a scene of two levels behind optics linear prediction knows half (Zoran and Weiss, ICCV
2011, for mixtures as priors of patches; here of as few pixels as tell, so that kinds may be many).
All pixels are samples of one mixture, wherever they lie in a patch; at its borders, where
neighbours are missing, what is left has the mixture's marginal distribution.

ln of a kind's weight given the neighbours is a quadratic form, linear in the products of values:
those of all kinds and pixels are one product of matrices.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.predictive.cells import Singles
from hil.information.densities.predictive.kinds_of_neighbours import lower_triangle, mixture

Integers = NDArray[np.intp]

# rows, columns to a neighbour
_AROUND = ((0, -1), (-1, 0), (-1, -1), (-1, 1), (0, -2), (-2, 0), (-1, 2))
SMALLEST_PATCH = 5  # in which some pixel has all neighbours
_MOST_FITTED = 2**13  # pixels
_NUMBERS_AT_ONCE = 2**17
_TANH = (0.7978845608, 0.044715)  # Phi(x) = 1/2 + 1/2 tanh(a (x + b x^3)), within 3e-4


class Border(NamedTuple):
    """Places of a patch that have the same neighbours, and what the mixture says there.

    Parameters
    ----------
    at
        (m,) places.
    steps
        (q,) from a place to its neighbours.
    quadratic
        (K, q (q + 1) / 2 + q + 1) ln of a kind's weight: coefficients of products, values and 1.
    linear
        (K, q + 1) prediction of a kind over its deviation: coefficients of values and of 1.
    precision
        (K, 1) one over a kind's deviation.
    """

    at: Integers
    steps: Integers
    quadratic: Singles
    linear: Singles
    precision: Singles


@dataclass(frozen=True)
class Neighbourhoods:
    """See the module.

    Parameters
    ----------
    mean
        m.
    borders
        Of all places of a patch.
    """

    mean: np.float32
    borders: list[Border]

    @classmethod
    def fit(cls, u: Singles, p: int, rng: np.random.Generator) -> Neighbourhoods:
        """Fit to patches (n, p * p)."""
        groups = _groups(p)
        at = next(places for places, known in groups if len(known) == len(_AROUND))
        mean = np.float32(u.mean(dtype=np.float64))
        steps = np.array([down * p + across for down, across in (*_AROUND, (0, 0))])
        n = len(u) * len(at)
        patch, place = np.divmod(
            np.linspace(0, n - 1, min(n, _MOST_FITTED)).astype(np.intp), len(at)
        )
        z = u[patch[None], at[place] + steps[:, None]] - mean
        fitted = mixture(z.astype(np.float64), rng)
        return cls(mean, [_border(places, list(known), steps, *fitted) for places, known in groups])

    def probability(self, u: Singles, low: Singles, high: Singles) -> Singles:
        """P(low < u_i <= high) given the earlier values, (n, d)."""
        result = np.empty_like(u)
        below, above = (low - self.mean).T, (high - self.mean).T
        for rows, border, share, towards in self._said(u):
            cell = _twice_normal(above[border.at, rows].ravel() * border.precision - towards)
            towards = below[border.at, rows].ravel() * border.precision - towards
            cell -= _twice_normal(towards)
            cell *= share
            found = cell.sum(axis=0)
            found /= 2 * share.sum(axis=0)
            result[rows, border.at] = found.reshape(len(border.at), -1).T
        return result

    def _said(self, u: Singles) -> Iterator[tuple[slice, Border, Singles, Singles]]:
        """Of some patches and places: each kind's share, and its prediction over its deviation."""
        values = (u - self.mean).T
        for border in self.borders:
            kinds, places = len(border.precision), len(border.at)
            step = max(1, _NUMBERS_AT_ONCE // (kinds * places))
            at = border.at + border.steps[:, None]
            for start in range(0, len(u), step):
                rows = slice(start, min(start + step, len(u)))
                near = values[at.ravel(), rows]
                f = _products(near.reshape(len(at), places * (rows.stop - rows.start)))
                share = border.quadratic @ f
                share -= share.max(axis=0)
                np.exp(share, out=share)
                yield rows, border, share, border.linear @ f[-border.linear.shape[1] :]


def _products(z: Singles) -> Singles:
    """Products of all values (q, n), in the order of `numpy.tril_indices`, the values, and 1."""
    q, n = z.shape
    result = np.empty((q * (q + 1) // 2 + q + 1, n), dtype=np.float32)
    i = 0
    for a in range(q):
        np.multiply(z[: a + 1], z[a], out=result[i : i + a + 1])
        i += a + 1
    result[i:-1] = z
    result[-1] = 1
    return result


def _twice_normal(x: Singles) -> Singles:
    """Give 2 Phi(x) - 1, or a distribution function as good; ``x`` is written over."""
    a, b = _TANH
    result = np.multiply(x, x)
    result *= np.float32(a * b)
    result += np.float32(a)
    result *= x
    return np.tanh(result, out=result)


@cache
def _groups(p: int) -> list[tuple[Integers, tuple[int, ...]]]:
    """Places of a patch by the neighbours that they have, and numbers of those."""
    found: dict[tuple[int, ...], list[int]] = {}
    for row in range(p):
        for column in range(p):
            known = tuple(
                i
                for i, (down, across) in enumerate(_AROUND)
                if row + down >= 0 and 0 <= column + across < p
            )
            found.setdefault(known, []).append(row * p + column)
    return [(np.array(at), known) for known, at in found.items()]


def _border(
    at: Integers, known: list[int], steps: Integers, pi: Floats, mu: Floats, covariance: Floats
) -> Border:
    """Condition the pixel, the last of the mixture, on ``known`` ones."""
    mean, own = mu[:, known], covariance[:, known][:, :, known]
    crossed = covariance[:, -1][:, known]
    precision = np.linalg.inv(own)
    pulled = np.einsum("kij,kj->ki", precision, mean)
    slope = np.einsum("kij,kj->ki", precision, crossed)
    row, column = lower_triangle(len(known))
    products = -0.5 * np.where(row == column, 1.0, 2.0) * precision[:, row, column]
    constant = np.log(pi) - 0.5 * np.linalg.slogdet(own)[1] - 0.5 * (pulled * mean).sum(axis=1)
    sd = np.sqrt(covariance[:, -1, -1] - (slope * crossed).sum(axis=1))
    predicted = np.column_stack([slope, mu[:, -1] - (slope * mean).sum(axis=1)])
    return Border(
        at,
        steps[known],
        np.column_stack([products, pulled, constant]).astype(np.float32),
        (predicted / sd[:, None]).astype(np.float32),
        (1 / sd[:, None]).astype(np.float32),
    )
