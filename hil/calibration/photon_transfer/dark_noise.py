"""Read noise that is as coarse as the rounding, or cut off at zero.

x : a dark pixel before the converter, N(mu_i, sigma^2), ADU; mu_i is the pixel's own offset
y : round(x), clipped at 0

For sigma above 0.8 ADU rounding adds 1/12 to the variance to seven digits, wherever mu lies between
two integers (Sheppard). Below, the variance of y swings with mu: at sigma = 0.4 by a fifth. Then
sigma is fitted to the joint histogram of pairs of frames,

    P(y1, y2) = sum_mu w(mu) P(y1 | mu, sigma) P(y2 | mu, sigma),

with any distribution w of the pixels' offsets (maximum likelihood, `fit_mixing`): how far y1
and y2 agree says how far offsets differ, how far they do not is the noise. Clipping at 0 is one of
the histogram's cells, and so it is in the likelihood too.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import scipy  # its parts load where they are used
from numpy.typing import NDArray

from drivers.types import Floats
from hil.noise.entropy.mixing_distribution import fit_mixing

SHEPPARD_HOLDS_ADU = 0.8
_REACH_ADU = 12  # pairs further from the median are of hot pixels, and not of interest
_MOST_STEPS = 400
_FINEST_STEP_ADU = 0.05
_NODES = 21  # of the Gaussian over offsets
_FREE_OFFSETS_COST = 2.0  # parameters that a free distribution of offsets is worth
_LEAST_SIGMA_ADU = 0.05


def pair_sigma_adu(pairs: NDArray[np.int64]) -> tuple[float, float]:
    """Fit sigma to pairs of dark values; give it with its standard uncertainty, ADU.

    The offsets' distribution w is Gaussian unless another explains the pairs far better (Schwarz's
    criterion): a free w takes up some of the noise of a sensor whose pixels are all alike.

    Parameters
    ----------
    pairs
        (k, 3) first value, second value, number of pixels.
    """
    near = _near_the_median(pairs)
    n = float(near[:, 2].sum())
    alike, free = _GaussianOffsets(near), _FreeOffsets(near)
    sigma = _lowest(alike)
    free_sigma = _lowest(free)
    if n * (alike(sigma) - free(free_sigma)) > _FREE_OFFSETS_COST * math.log(n):
        return _with_uncertainty(free, free_sigma, n)
    return _with_uncertainty(alike, sigma, n)


class _FreeOffsets:
    """Negative log-likelihood a pair at sigma, with the best of all distributions of offsets."""

    def __init__(self, near: NDArray[np.int64]) -> None:
        self._first, self._second, self._count = near.T
        self._low, self._high = int(near[:, :2].min()), int(near[:, :2].max())
        step = max(_FINEST_STEP_ADU, (self._high - self._low + 2) / _MOST_STEPS)
        self._mu = np.arange(self._low - 1, self._high + 1 + step, step)

    def __call__(self, sigma_adu: float) -> float:
        cells = _cells(self._mu, sigma_adu, self._low, self._high)
        table = cells[:, self._first - self._low] * cells[:, self._second - self._low]
        weights = fit_mixing(table, self._count.astype(np.float64)).weights
        return _cost(weights @ table, self._count)


class _GaussianOffsets:
    """The same, with the best Gaussian distribution of offsets."""

    def __init__(self, near: NDArray[np.int64]) -> None:
        self._first, self._second, self._count = near.T
        self._low, self._high = int(near[:, :2].min()), int(near[:, :2].max())
        self._nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
        self._weights: Floats = weights / weights.sum()
        mean = float((near[:, 0] @ near[:, 2]) / near[:, 2].sum())
        self._guess = np.array([mean, math.log(0.1)])

    def __call__(self, sigma_adu: float) -> float:
        def cost(offsets: Floats) -> float:
            spread = math.exp(min(float(offsets[1]), 3.0))
            mu = float(offsets[0]) + spread * self._nodes
            cells = _cells(mu, sigma_adu, self._low, self._high)
            table = cells[:, self._first - self._low] * cells[:, self._second - self._low]
            return _cost(self._weights @ table, self._count)

        simplex = self._guess + np.array([[0.0, 0.0], [0.2, 0.0], [0.0, 1.0]])
        found = scipy.optimize.minimize(
            cost,
            self._guess,
            method="Nelder-Mead",
            options={"initial_simplex": simplex, "xatol": 1e-4, "fatol": 1e-10, "maxfev": 200},
        )
        return float(found.fun)


def _cost(likelihood: Floats, count: NDArray[np.int64]) -> float:
    return -float(count @ np.log(np.maximum(likelihood, 1e-300))) / float(count.sum())


def _lowest(cost: Callable[[float], float]) -> float:
    found = scipy.optimize.minimize_scalar(
        cost, bounds=(_LEAST_SIGMA_ADU, 2.0), method="bounded", options={"xatol": 1e-4}
    )
    return float(found.x)


def _with_uncertainty(
    cost: Callable[[float], float], sigma: float, n: float
) -> tuple[float, float]:
    """Sigma, and its standard uncertainty from the curvature of the profile likelihood."""
    width = max(0.02 * sigma, 2e-3)
    below, at, above = (cost(sigma + change) for change in (-width, 0.0, width))
    curvature = (below - 2 * at + above) / width**2 * n
    if curvature <= 0:
        return sigma, sigma
    return sigma, min(1 / math.sqrt(curvature), sigma)


def unclipped_moments(mean_adu: float, variance_adu2: float) -> tuple[float, float]:
    """Undo clipping at 0: moments of N(mu, v) from those of max(N, 0) (Tobin 1958).

    For one mu; offsets that differ by less than sigma change nothing that matters.
    """
    if mean_adu > 6 * math.sqrt(variance_adu2):
        return mean_adu, variance_adu2

    def miss(guess: Floats) -> list[float]:
        mu, sigma = float(guess[0]), math.exp(float(guess[1]))
        z = mu / sigma
        density, above = math.exp(-z * z / 2) / math.sqrt(2 * math.pi), float(scipy.special.ndtr(z))
        mean = mu * above + sigma * density
        square = (mu * mu + sigma * sigma) * above + mu * sigma * density
        return [(mean - mean_adu) / sigma, math.log((square - mean**2) / variance_adu2)]

    start = np.array([mean_adu, 0.5 * math.log(variance_adu2)])
    found, _, status, _ = scipy.optimize.fsolve(miss, start, full_output=True)
    if status != 1:
        return mean_adu, variance_adu2
    return float(found[0]), math.exp(2 * float(found[1]))


def _near_the_median(pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    order = np.argsort(pairs[:, 0])
    middle = np.searchsorted(np.cumsum(pairs[order, 2]), pairs[:, 2].sum() / 2)
    median = pairs[order[min(middle, len(order) - 1)], 0]
    kept: NDArray[np.int64] = pairs[(np.abs(pairs[:, :2] - median) <= _REACH_ADU).all(axis=1)]
    return kept


def _cells(mu: Floats, sigma: float, low: int, high: int) -> Floats:
    """P(y | mu), (n_mu, high - low + 1); 0 holds all that lies below it."""
    edges = np.arange(low, high + 2) - 0.5
    below = scipy.special.ndtr((edges - mu[:, None]) / sigma)
    if low == 0:
        below[:, 0] = 0.0
    result: Floats = np.diff(below, axis=1)
    return result
