"""A pixel's law as cells of a standard normal variable.

q      : (L,) probabilities of the codes y
t      : the latent normal; code y is the cell (low_y, high_y] with P(cell) = q_y
z_y    : E[t | cell], the score of y             V : E[z^2], 1 for fine data, less for coarse
rho    : correlation of two latents              c(rho) : covariance of their scores

Mehler's formula gives c(rho) = sum_k b_k^2 rho^k with b_k = E[z h_k(t)], h_k the normalised Hermite
polynomials; turned round it is the polychoric correlation (Olsson, Psychometrika 1979), for any
number of cells and both pixels under one law.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_ORDERS = 24  # of Hermite's polynomials; what is left goes to the next odd power
_TINY = 1e-9  # probability below which differences of normal deviates lose digits


@dataclass(frozen=True)
class NormalScores:
    """Cells and scores of a law.

    Parameters
    ----------
    probability
        (L,) q, positive, of sum 1.
    """

    probability: Floats

    @cached_property
    def edges(self) -> Floats:
        """(L + 1,) ends of the cells, from minus to plus infinity."""
        from scipy.special import ndtri

        q = self.probability
        below = np.concatenate([[0.0], np.cumsum(q)])
        above = np.concatenate([np.cumsum(q[::-1])[::-1], [0.0]])
        # each half of the line from its own tail, where small probabilities keep their digits
        ends = np.where(below < above, ndtri(np.minimum(below, 1)), -ndtri(np.minimum(above, 1)))
        return np.asarray(ends, dtype=np.float64)

    @cached_property
    def score(self) -> Floats:
        """(L,) z."""
        low, high = self.edges[:-1], self.edges[1:]
        mean = (_density(low) - _density(high)) / self.probability
        return np.asarray(np.clip(mean, low, high), dtype=np.float64)

    @cached_property
    def middle(self) -> Floats:
        """(L,) middle of each cell; the score where a cell has no end."""
        middle = (self.edges[:-1] + self.edges[1:]) / 2
        return np.where(np.isfinite(middle), middle, self.score)

    @cached_property
    def width(self) -> Floats:
        """(L,) length of each cell, infinite at the ends."""
        width = np.diff(self.edges)
        small = self.probability < _TINY
        by_density = self.probability / np.maximum(_density(self.middle), 1e-300)
        return np.where(small & np.isfinite(width), by_density, width)

    @cached_property
    def score_variance(self) -> float:
        """V."""
        return float(self.probability @ self.score**2)

    def slope2_mean(self, variance: Floats) -> float:
        """Mean of v (dt/dy)^2: the noise's variance as the latent has it, at most V.

        Parameters
        ----------
        variance
            (L,) variance of the noise, codes squared.
        """
        slope = self.probability / np.maximum(_density(self.score), 1e-300)
        # a cell without an end has no width: its neighbour's slope, unless its own is less
        if slope.size > 1:
            slope[0], slope[-1] = min(slope[0], slope[1]), min(slope[-1], slope[-2])
        value = float(self.probability @ np.minimum(variance * slope**2, 1.0))
        return min(value, self.score_variance)

    def latent_correlation(self, covariance: Floats) -> Floats:
        """Return the rho whose c(rho) is ``covariance``, any shape."""
        rho, c = self._mehler
        return np.asarray(np.interp(covariance, c, rho), dtype=np.float64)

    @cached_property
    def _mehler(self) -> tuple[Floats, Floats]:
        edge = np.where(np.isfinite(self.edges), self.edges, 0.0)
        weight = _density(self.edges)
        square = np.empty(_ORDERS + 1)
        before, now = np.zeros_like(edge), weight  # h_{k-1} phi at the edges, k = 1
        for k in range(1, _ORDERS + 1):
            # the integral of h_k phi over a cell is the difference of h_{k-1} phi / sqrt(k)
            square[k] = float(self.score @ (now[:-1] - now[1:])) ** 2 / k
            before, now = now, (edge * now - math.sqrt(k - 1) * before) / math.sqrt(k)
        coefficients = np.zeros(_ORDERS + 2)
        coefficients[1:-1] = square[1:]
        coefficients[-1] = max(self.score_variance - coefficients.sum(), 0.0)
        rho = np.sin(np.linspace(-math.pi / 2, math.pi / 2, 2001))
        c = np.polynomial.polynomial.polyval(rho, coefficients)
        return rho, np.maximum.accumulate(c)


def _density(t: Floats) -> Floats:
    result: Floats = np.exp(-(t**2) / 2) / math.sqrt(2 * math.pi)
    return result
