"""A pixel's distribution as cells of a standard normal variable.

q      : (L,) probabilities of the codes y
t      : the latent normal; code y is the cell (low_y, high_y] with P(cell) = q_y
z_y    : the score of y: E[t | cell], or its place on a line where the distribution says how codes
         lie
e      : Var(t) - Var(z)                         b_k : E[z h_k(t)], b_1 = E[z t]
rho    : correlation of two latents              c(rho) : covariance of their scores

h_k are the normalised Hermite polynomials. Mehler's formula gives c(rho) = sum_k b_k b'_k rho^k for
pixels under distributions with b and b'; turned round it is the polychoric correlation (Olsson,
Psychometrika 1979), for any number of cells.

Scores that are places err from t by rounding, which is uniform and independent of everything else
where other pixels leave t open by a cell or more (Sheppard's corrections; Widrow and Kollar,
Quantization Noise, 2008): covariances need no correction, c = rho, and e = -E[w^2] / 12 with w the
width of the cells. And they go on evenly in the last cells, where E[t | cell] is far from what was
measured: by more than the noise, where scenes are bright.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from drivers.types import Floats

_ORDERS = 24  # of Hermite's polynomials; what is left goes to the next odd power
_TINY = 1e-9  # probability below which differences of normal deviates lose digits


class HasHermite(Protocol):
    """A distribution's b_k."""

    @property
    def hermite(self) -> Floats:
        """(26,) b_k."""
        ...


@dataclass(frozen=True)
class NormalScores:
    """Cells and scores of a distribution.

    Parameters
    ----------
    probability
        (L,) q, positive, of sum 1.
    place
        (L,) scores of codes that lie evenly on the latent's line, with cells that end half way
        between them; None for cells by q and E[t | cell].
    """

    probability: Floats
    place: Floats | None = None

    @cached_property
    def edges(self) -> Floats:
        """(L + 1,) ends of the cells, from minus to plus infinity."""
        from scipy.special import ndtri

        if self.place is not None:
            inner = (self.place[1:] + self.place[:-1]) / 2
            return np.concatenate([[-math.inf], inner, [math.inf]])
        q = self.probability
        below = np.concatenate([[0.0], np.cumsum(q)])
        above = np.concatenate([np.cumsum(q[::-1])[::-1], [0.0]])
        # each half of the line from its own tail, where small probabilities keep their digits
        ends = np.where(below < above, ndtri(np.minimum(below, 1)), -ndtri(np.minimum(above, 1)))
        return np.asarray(ends, dtype=np.float64)

    @property
    def low(self) -> Floats:
        """(L,) lower ends of the cells."""
        return self.edges[:-1]

    @property
    def high(self) -> Floats:
        """(L,) upper ends of the cells."""
        return self.edges[1:]

    @cached_property
    def score(self) -> Floats:
        """(L,) z."""
        if self.place is not None:
            return self.place
        low, high = self.edges[:-1], self.edges[1:]
        mean = (_density(low) - _density(high)) / self.probability
        return np.asarray(np.clip(mean, low, high), dtype=np.float64)

    @cached_property
    def middle(self) -> Floats:
        """(L,) middle of each cell; the score where a cell has no end."""
        low, high = self.edges[:-1], self.edges[1:]
        closed = np.isfinite(low) & np.isfinite(high)
        middle = np.where(closed, low, 0.0) / 2 + np.where(closed, high, 0.0) / 2
        return np.where(closed, middle, self.score)

    @cached_property
    def width(self) -> Floats:
        """(L,) length of each cell, infinite at the ends."""
        width = np.diff(self.edges)
        if self.place is not None:
            return width
        small = self.probability < _TINY
        by_density = self.probability / np.maximum(_density(self.middle), 1e-300)
        return np.where(small & np.isfinite(width), by_density, width)

    @cached_property
    def hidden_variance(self) -> float:
        """e, what the latent's variance has beyond that of the scores."""
        if self.place is None:
            return 1 - float(self.probability @ self.score**2)
        inner = np.isfinite(self.width)
        return -float(self.probability[inner] @ self.width[inner] ** 2) / 12

    def unit(self, variance: Floats) -> Floats:
        """Give the standard deviation by which scores of ``variance``, any shape, have c(rho)."""
        if self.place is None:
            # of a single code the score shows nothing
            return unit_deviation(variance, self.hidden_variance)
        return np.sqrt(np.maximum(variance + self.hidden_variance, _TINY))

    def slope2_mean(self, variance: Floats) -> float:
        """Mean of v (dt/dy)^2: the noise's variance as the latent has it, at most 1.

        Parameters
        ----------
        variance
            (L,) variance of the noise, codes squared.
        """
        if self.place is not None and self.place.size > 1:
            slope = np.gradient(self.place)
        else:
            slope = self.probability / np.maximum(_density(self.score), 1e-300)
            # a cell without an end has no width: its neighbour's slope, unless its own is less
            if slope.size > 1:
                slope[0], slope[-1] = min(slope[0], slope[1]), min(slope[-1], slope[-2])
        value = float(self.probability @ np.minimum(variance * slope**2, 1.0))
        return min(value, 1 - max(self.hidden_variance, 0.0))

    def latent_correlation(self, other: HasHermite, covariance: Floats) -> Floats:
        """Return the rho whose c(rho) is ``covariance``, any shape, of a pixel of each."""
        return latent_correlation(self.hermite, other.hermite, covariance)

    @cached_property
    def hermite(self) -> Floats:
        """(26,) b_k from k = 0, the last with what is left of all higher ones."""
        coefficients = np.zeros(_ORDERS + 2)
        if self.place is not None:
            coefficients[1] = 1.0
            return coefficients
        edge = np.where(np.isfinite(self.edges), self.edges, 0.0)
        weight = _density(self.edges)
        before, now = np.zeros_like(edge), weight  # h_{k-1} phi at the edges, k = 1
        for k in range(1, _ORDERS + 1):
            # the integral of h_k phi over a cell is the difference of h_{k-1} phi / sqrt(k)
            coefficients[k] = float(self.score @ (now[:-1] - now[1:])) / math.sqrt(k)
            before, now = now, (edge * now - math.sqrt(k - 1) * before) / math.sqrt(k)
        left = 1 - self.hidden_variance - float(coefficients @ coefficients)
        coefficients[-1] = math.sqrt(max(left, 0.0))
        return coefficients


def unit_deviation(variance: Floats, hidden_variance: float) -> Floats:
    """Give the deviation by which scores E[t | cell] of ``variance``, any shape, have c(rho)."""
    return np.asarray(np.sqrt(variance / max(1 - hidden_variance, _TINY)), dtype=np.float64)


def latent_correlation(first: Floats, second: Floats, covariance: Floats) -> Floats:
    """Return the rho whose c(rho) is ``covariance``, any shape, by two distributions' b_k."""
    rho = np.sin(np.linspace(-math.pi / 2, math.pi / 2, 2001))
    c = np.polynomial.polynomial.polyval(rho, first * second)
    c = np.maximum.accumulate(c)
    return np.asarray(np.interp(covariance, c, rho), dtype=np.float64)


def _density(t: Floats) -> Floats:
    result: Floats = np.exp(-(t**2) / 2) / math.sqrt(2 * math.pi)
    return result
