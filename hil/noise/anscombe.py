"""Variance-stabilising transform of linear noise.

y : ADU                       o : offset, ADU
a : slope of the photon-transfer line, Var(y) = a (E[y] - o) + b, ADU
b : its intercept, ADU^2

t(y) = (2/a) sqrt(a (y - o) + 3/8 a^2 + b), whose noise has standard deviation 1 (the generalised
Anscombe transform: Starck, Murtagh and Bijaoui 1998; Makitalo and Foi, IEEE Trans. Image Processing
2013). Where the root's argument falls below its value in the dark it goes on as a straight line, so
that t is strictly increasing on the whole line and a density of t is one of y.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats

_LEAST_E, _ENOUGH_E, _TABLED = 1e-4, 30.0, 300  # beyond the brightest the variance is 1 to 0.001
_MOST_COUNTS, _NODES = 100, 21
_LEAST_ARGUMENT = 0.375  # a^2: what the argument is at y = o without read noise


@dataclass(frozen=True, slots=True)
class Stabiliser:
    """t and its derivative.

    Parameters
    ----------
    offset_adu
        o.
    slope_adu
        a; 0 for noise of one width.
    intercept_adu2
        b.
    """

    offset_adu: float
    slope_adu: float
    intercept_adu2: float

    def forward(self, y_adu: NDArray[Any], repeats: int = 1) -> Floats:
        """Transform ADU of any shape.

        Parameters
        ----------
        repeats
            How many measurements each is the mean of: a sum of counts is a larger count, for which
            the transform does better. t stays in units of one measurement's noise.
        """
        a = self.slope_adu
        knee = _LEAST_ARGUMENT * a**2 / repeats + self.intercept_adu2
        linear = (np.asarray(y_adu, np.float64) - self.offset_adu) / math.sqrt(knee)
        if a == 0:
            return linear
        argument = a * (np.asarray(y_adu, np.float64) - self.offset_adu) + knee
        bent: Floats = 2 / a * np.sqrt(np.maximum(argument, knee))
        return np.where(argument >= knee, bent, 2 / a * math.sqrt(knee) + linear)

    def derivative(self, y_adu: NDArray[Any]) -> Floats:
        """Give dt/dy of single measurements, 1/ADU, above 0."""
        knee = _LEAST_ARGUMENT * self.slope_adu**2 + self.intercept_adu2
        argument = self.slope_adu * (np.asarray(y_adu, np.float64) - self.offset_adu)
        result: Floats = 1 / np.sqrt(np.maximum(argument, 0.0) + knee)
        return result


def variance_of_counts(light_e: Floats, read_variance_e2: float) -> Floats:
    """Variance of t for counts at light (n,) in normal read noise: 1, and less where it is dim.

    Parameters
    ----------
    light_e
        Means, in counts.
    read_variance_e2
        Of the read noise, counts squared.
    """
    from scipy.special import gammaln, xlogy

    at = np.append(0.0, np.geomspace(_LEAST_E, _ENOUGH_E, _TABLED))
    counts = np.arange(_MOST_COUNTS)
    weights = np.exp(xlogy(counts, at[:, None]) - at[:, None] - gammaln(counts + 1))
    nodes, node_weights = np.polynomial.hermite_e.hermegauss(_NODES)
    values = counts[:, None] + math.sqrt(read_variance_e2) * nodes
    t = Stabiliser(0.0, 1.0, read_variance_e2).forward(values)
    share = node_weights / node_weights.sum()
    variance = weights @ (t**2 @ share) - (weights @ (t @ share)) ** 2
    result: Floats = np.interp(light_e, at, variance, right=1.0)
    return result
