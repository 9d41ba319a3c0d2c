"""The linear prediction of each pixel from those before it, where training starts.

t    : (n, D) patches in raster order, channels of a pixel side by side, D = p * p * C
m, S : mean and covariance of t; W the inverse of S's lower Cholesky factor
z    : W (t - m), the residuals of predicting each entry from those before it, over their sd
l    : those predictions over the same sd, z_i = W_ii (t_i - m_i) - l_i; l_i knows t_<i alone

-log q(t) = sum_i [-log f(z_i | t_<i)] - log det W. With f standard normal this is the Gaussian; a
network that gives f adds to it only what is not Gaussian, and training starts at the Gaussian's
cross-entropy instead of far above it.

With classes, m is one for each: a start for what tells them apart (linear discriminants).

S lies between the full covariance and the one that depends on the lag alone (no place in the
patch); the weight is the one with the least cross-entropy on patches set aside for it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats

Patches = NDArray[np.float32]
Labels = NDArray[np.intp]

_SHARES = (0.0, 0.05, 0.2, 0.5, 0.8, 1.0)  # of the lag-only covariance
_LARGE = 1500  # entries of a patch from which only the lag-only covariance is affordable
_LEAST_SD = 1e-6  # of the largest value, or of 1: single precision tells no less
_LEAST_SHARE = 1e-6  # of the mean variance: keeps the Cholesky factorisation of constants alive


@dataclass(frozen=True, slots=True)
class LinearStart:
    """The whitening of patches.

    Parameters
    ----------
    mean
        (classes, D), in the unit of t; one class where patches have none.
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

    def split(self, t: Patches, label: Labels | None = None) -> tuple[Patches, Patches]:
        """Predictions l and residuals z of (n, D) patches of classes (n,), each (n, D)."""
        mean = self.mean[0] if label is None else self.mean[label]
        centred = t - mean.astype(np.float32)
        scale = np.diag(self.whitener).astype(np.float32)
        predicted = centred @ np.tril(-self.whitener, -1).astype(np.float32).T
        return predicted, scale * centred - predicted


def fit_linear_start(
    train: Patches,
    stop: Patches,
    p: int,
    channels: int,
    within: float = 0.0,
    labels: tuple[Labels, Labels] | None = None,
) -> LinearStart:
    """Fit mean and covariance on ``train`` and the kind of covariance on ``stop``.

    Parameters
    ----------
    train, stop
        (n, D) patches.
    p, channels
        Side of a patch, pixels, and its channels.
    within
        Variance that each entry hides: of what lies within a value's bin.
    labels
        Classes of ``train`` and ``stop``, if they have any.
    """
    train_label, stop_label = labels or (np.zeros(len(train), np.intp), None)
    by_place = _class_means(train, train_label)
    centred = train - by_place[train_label].astype(np.float32)
    full = (centred.T @ centred).astype(np.float64) / len(train)
    everywhere = by_place.reshape(len(by_place), p * p, channels).mean(axis=1)
    everywhere = np.tile(everywhere, (1, p * p))
    apart = (by_place - everywhere) * np.sqrt(_shares(train_label, len(by_place)))[:, None]
    by_lag = _average_by_lag(full + apart.T @ apart, p, channels)
    # constants that are learnt from may be followed by anything: z must stay finite
    least = (_LEAST_SD * max(1.0, float(np.abs(train).max()))) ** 2
    hidden = (within + least) * np.eye(full.shape[0])
    full, by_lag = full + hidden, _positive(by_lag + hidden)
    # a singular sample covariance cannot be the start
    shares = _SHARES if full.shape[0] <= _LARGE else (1.0,)
    best: LinearStart | None = None
    least = math.inf
    for share in shares:
        mean = share * everywhere + (1 - share) * by_place
        try:
            factor = np.linalg.cholesky((1 - share) * full + share * by_lag)
        except np.linalg.LinAlgError:
            continue
        start = LinearStart(mean, np.tril(np.linalg.inv(factor)), share)
        nats = _nats(start, stop, stop_label)
        if nats < least or best is None:
            best, least = start, nats
    assert best is not None  # share 1 is positive definite
    return best


def _class_means(t: Patches, label: Labels) -> Floats:
    """(classes, D); a class without patches takes the mean of all."""
    everything = t.mean(axis=0, dtype=np.float64)
    means = [
        t[label == k].mean(axis=0, dtype=np.float64) if (label == k).any() else everything
        for k in range(int(label.max()) + 1)
    ]
    return np.array(means)


def _shares(label: Labels, classes: int) -> Floats:
    result: Floats = np.bincount(label, minlength=classes) / label.size
    return result


def _nats(start: LinearStart, patches: Patches, label: Labels | None) -> float:
    _, z = start.split(patches, label)
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
