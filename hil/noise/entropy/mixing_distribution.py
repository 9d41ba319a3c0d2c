"""The distribution of light behind noisy pixels, from their histogram.

A   : (n_lambda, n_groups) P(ADU in group | lambda) on a grid of lambda
n   : (n_groups,) histogram of N pixels, p = n / N
w   : (n_lambda,) weights of the mixing distribution, sum 1;  f = w A

    max_w  sum_y p_y ln f_y + mu sum_j ln w_j,    mu = 10 / (N n_lambda)

The first term alone is the nonparametric maximum likelihood (Kiefer and Wolfowitz, Ann. Math.
Statist. 1956; Koenker and Mizera, JASA 2014), convex. The second is a Dirichlet prior worth ten
pixels: where the histogram says what w is, as on a flat field, it gives way; where many w fit the
same histogram, it takes their analytic centre, a smooth one, rather than a few atoms.

Solved by a primal-dual interior point method (Wright, SIAM 1997) along the path of falling mu, with
z the dual slack of w >= 0:

    A (p / f) + z = 1 + n_lambda mu,    w z = mu

A flat field has one lambda. Any fit gives it some breadth, by chance and as no weight is negative,
and h bends. So one lambda, fitted likewise, enters the mean with the weight that Akaike's criterion
gives it (Burnham and Anderson, Sociol. Methods Res. 2004; a second atom has a place and a weight):
1 / (1 + exp(G - 2)), with G the nats by which w fits better, all pixels together.

Its Newton system has as many unknowns as groups (Woodbury), and 10 to 30 steps do, where EM needs
thousands: stopped early, EM keeps the breadth that it started with.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from drivers.types import Floats

_PRIOR_PIXELS = 10.0
_STEPS = 100
_TO_THE_EDGE = 0.95  # of the way to where a weight would be 0
_LONG_STEP = 0.9
_CENTRED = 0.75  # |w z / mu - 1| from which mu may fall
_CONVERGED = 1e-3
_ATOM_PARAMETERS = 2
_STEEP = 0.5  # nats
_TINY = 1e-300
_MOST_PIXELS = 1e7  # more are believed no further: the noise model errs too, and digits run out


@dataclass(frozen=True, slots=True)
class Mixing:
    """A mixing distribution, and how far the pixels determine it.

    Parameters
    ----------
    weights
        w, (n_lambda,).
    averaged
        (n_lambda,) the same, averaged with one lambda. That one lies between points of the grid, by
        interpolation with second differences: weights beside it may be a little below 0.
    likelihood
        A, of the groups that hold pixels.
    share
        p, of those groups.
    n_pixels
        N.
    """

    weights: Floats
    averaged: Floats
    likelihood: Floats
    share: Floats
    n_pixels: float

    def mean(self, values: Floats) -> float:
        """Average a function of lambda, (n_lambda,), over the light."""
        return float(self.averaged @ values)

    def mean_sd(self, values: Floats) -> float:
        """Give the standard deviation of `mean` that these pixels leave: chance, and ambiguity.

        By Laplace's approximation to the posterior of w, with sum w = 1.
        """
        w = self.weights
        system = _Newton(
            self.likelihood, self.share, w, _PRIOR_PIXELS / (self.n_pixels * w.size * w)
        )
        ones = np.ones_like(w)
        by_values, by_ones = system.solve(values), system.solve(ones)
        variance = float(values @ by_values) - float(values @ by_ones) ** 2 / float(ones @ by_ones)
        return math.sqrt(max(variance, 0.0) / self.n_pixels)


def fit_mixing(likelihood: Floats, counts: Floats) -> Mixing:
    """Fit w to a histogram.

    Parameters
    ----------
    likelihood
        A, of at least 3 lambda.
    counts
        n, at least one of them positive; they may be weighted.
    """
    n_pixels = min(float(counts.sum()), _MOST_PIXELS)
    seen = counts > 0
    table = np.ascontiguousarray(likelihood[:, seen])
    share = np.asarray(counts[seen] / counts.sum(), dtype=np.float64)
    weights = _along_path(table, share, n_pixels)
    one, one_nats = _one_lambda(table, share)
    better = n_pixels * (float(share @ np.log(weights @ table)) - one_nats)
    as_one = 1 / (1 + math.exp(min(better - _ATOM_PARAMETERS, 700.0)))
    averaged = as_one * one + (1 - as_one) * weights
    return Mixing(weights, averaged, table, share, n_pixels)


def _along_path(table: Floats, share: Floats, n_pixels: float) -> Floats:
    size = len(table)
    mu, least_mu = 1.0 / size, _PRIOR_PIXELS / (n_pixels * size)
    w, z = np.full(size, 1 / size), np.ones(size)
    for _ in range(_STEPS):
        dual = table @ (share / (w @ table)) + z - (1 + size * mu)
        complement = mu - w * z
        try:
            dw = _Newton(table, share, w, z).solve(dual + complement / w)
        except np.linalg.LinAlgError:
            break  # out of digits: where the path has come to is a fit already
        dz = (complement - z * dw) / w
        reach = min(1.0, _way(w, dw), _way(z, dz))
        w, z = w + reach * dw, z + reach * dz
        away = float(np.abs(w * z / mu - 1).max())
        if mu == least_mu and away < _CONVERGED:
            break
        if reach > _LONG_STEP or away < _CENTRED:
            mu = max(least_mu, mu * (0.1 if reach > _LONG_STEP else 0.5))
    result: Floats = w / w.sum()
    return result


def _one_lambda(table: Floats, share: Floats) -> tuple[Floats, float]:
    """Weights of the one lambda that fits best, and its mean log likelihood, nats per pixel."""
    nats = np.log(np.maximum(table, _TINY)) @ share
    best = min(max(int(nats.argmax()), 1), len(nats) - 2)
    low, middle, high = nats[best - 1 : best + 2]
    bend = low - 2 * middle + high
    # no parabola where a neighbour all but excludes some of the pixels
    weights = np.zeros_like(nats)
    if not -_STEEP < bend < 0:
        weights[nats.argmax()] = 1.0
        return weights, float(nats.max())
    x = float(np.clip((low - high) / (2 * bend), -1, 1))
    weights[best - 1 : best + 2] = x * (x - 1) / 2, 1 - x * x, x * (x + 1) / 2
    return weights, float(weights @ nats)


def _way(values: Floats, step: Floats) -> float:
    """Share of ``step`` that keeps ``values`` positive."""
    ratio = float(np.max(-step / values))
    return _TO_THE_EDGE / ratio if ratio > 0 else 1.0


class _Newton:
    """A diag(p / f^2) A^T + diag(z / w), to be solved with."""

    def __init__(self, likelihood: Floats, share: Floats, w: Floats, z: Floats) -> None:
        # by LAPACK itself: what scipy puts around it takes as long for so few groups
        from scipy.linalg.lapack import dpotrf

        self._likelihood = likelihood
        self._inverse = w / z
        small = (likelihood.T * self._inverse) @ likelihood
        small[np.diag_indices_from(small)] += (w @ likelihood) ** 2 / share
        self._factor, failed = dpotrf(small, lower=0, clean=0)
        if failed:
            raise np.linalg.LinAlgError("the system is not positive definite")

    def solve(self, right: Floats) -> Floats:
        from scipy.linalg.lapack import dpotrs

        x = self._inverse * right
        inner, _ = dpotrs(self._factor, self._likelihood.T @ x, lower=0)
        result: Floats = x - self._inverse * (self._likelihood @ inner)
        return result
