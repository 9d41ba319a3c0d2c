"""The linear prediction of each pixel from those before it, where training starts.

t    : (n, D) patches in raster order, channels of a pixel side by side, D = p * p * C
m, S : mean and covariance of t; W the inverse of S's lower Cholesky factor
z    : W (t - m), the residuals of predicting each entry from those before it, over their sd
l    : those predictions over the same sd, z_i = W_ii (t_i - m_i) - l_i; l_i knows t_<i alone

-log q(t) = sum_i [-log f(z_i | t_<i)] - log det W. With f standard normal this is the Gaussian; a
network that gives f adds to it only what is not Gaussian, and training starts at the Gaussian's
cross-entropy instead of far above it.

S lies between the full covariance and the one that depends on the lag alone (no place in the
patch); the weight is the one with the least cross-entropy on patches set aside for it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Patches = NDArray[np.float32]

_SHARES = (0.0, 0.05, 0.2, 0.5, 0.8, 1.0)  # of the lag-only covariance
_LARGE = 1500  # entries of a patch from which only the lag-only covariance is affordable
_LEAST_SHARE = 1e-6  # of the mean variance: keeps the Cholesky factorisation of constants alive


@dataclass(frozen=True, slots=True)
class LinearStart:
    """The whitening of patches.

    Parameters
    ----------
    mean
        (D,), in the unit of t.
    whitener
        (D, D) lower triangular W.
    stationary_share
        Weight of the lag-only covariance, 0 to 1.
    """

    mean: Floats
    whitener: Floats
    stationary_share: float

    @property
    def log_slope(self) -> Floats:
        """(D,) log dz_i / dt_i."""
        result: Floats = np.log(np.diag(self.whitener))
        return result

    def split(self, t: NDArray[np.float32]) -> tuple[Patches, Patches]:
        """Predictions l and residuals z of (n, D) patches, each (n, D)."""
        centred = t - self.mean.astype(np.float32)
        scale = np.diag(self.whitener).astype(np.float32)
        predicted = centred @ np.tril(-self.whitener, -1).astype(np.float32).T
        return predicted, scale * centred - predicted


def fit_linear_start(
    train: NDArray[np.float32], stop: NDArray[np.float32], p: int, channels: int
) -> LinearStart:
    """Fit mean and covariance on ``train`` and the kind of covariance on ``stop``.

    Parameters
    ----------
    train, stop
        (n, D) patches.
    p, channels
        Side of a patch, pixels, and its channels.
    """
    by_place = train.mean(axis=0, dtype=np.float64)
    centred = train - by_place.astype(np.float32)
    full = (centred.T @ centred).astype(np.float64) / len(train)
    everywhere = np.tile(by_place.reshape(-1, channels).mean(axis=0), p * p)
    about = full + np.outer(by_place - everywhere, by_place - everywhere)
    by_lag = _positive(_average_by_lag(about, p, channels))
    size = full.shape[0]
    # a singular sample covariance cannot be the start
    shares = _SHARES if size <= _LARGE else (1.0,)
    best: LinearStart | None = None
    least = math.inf
    for share in shares:
        mean = share * everywhere + (1 - share) * by_place
        try:
            factor = np.linalg.cholesky((1 - share) * full + share * by_lag)
        except np.linalg.LinAlgError:
            continue
        start = LinearStart(mean, np.tril(np.linalg.inv(factor)), share)
        nats = _nats(start, stop)
        if nats < least:
            best, least = start, nats
    assert best is not None  # share 1 is positive definite
    return best


def _nats(start: LinearStart, patches: NDArray[np.float32]) -> float:
    _, z = start.split(patches)
    return float(0.5 * np.mean(np.sum(z * z, axis=1, dtype=np.float64)) - start.log_slope.sum())


def _average_by_lag(covariance: Floats, p: int, channels: int) -> Floats:
    """Average the (D, D) covariance over all pairs of entries of equal lag and channels."""
    lag = np.arange(p)[:, None] - np.arange(p)[None, :] + p - 1
    lags = (lag[:, None, :, None] * (2 * p - 1) + lag[None, :, None, :]).reshape(p * p, p * p)
    pairs = np.arange(channels)[:, None] * channels + np.arange(channels)
    index = lags[:, None, :, None] * channels**2 + pairs[None, :, None, :]
    flat = index.ravel()
    mean = np.bincount(flat, weights=covariance.ravel()) / np.bincount(flat)
    result: Floats = mean[flat].reshape(covariance.shape)
    return result


def _positive(covariance: Floats) -> Floats:
    """Mix in as much white noise of the same variance as makes the covariance positive definite.

    Averages by lag need not be positive; the variance, and so the start's scale, stays.
    """
    diagonal = np.diag(np.maximum(np.diag(covariance), np.finfo(np.float64).tiny))
    white = _LEAST_SHARE
    while white < 1:
        mixed: Floats = (1 - white) * covariance + white * diagonal
        try:
            np.linalg.cholesky(mixed)
        except np.linalg.LinAlgError:
            white *= 4
        else:
            return mixed
    return diagonal
