"""A mixture of Gaussians of few dimensions, fitted by EM to many samples.

z   : (D, n) samples, in widths of the noise
pi  : (K,) weights         mu : (K, D) means         S : (K, D, D) covariances

Steps are taken in coordinates in which all samples together have a covariance of 1, in single
precision: ln of a normal density is linear in the products of coordinates, and so are the sums that
means and covariances come from. Noise is independent from pixel to pixel, so no variance is below
its own, 1, in any direction.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.predictive.cells import Singles

_KINDS = 40
_SAMPLES_A_KIND = 64
_FEW, _FEW_STEPS, _STEPS = 4, 10, 8
_PRIOR_SAMPLES = 4.0
_PRIOR_VARIANCE = 4.0
_SURE = 0.9  # share of the nearest centre, to begin with


def mixture(
    z: Floats, rng: np.random.Generator, kinds: int = _KINDS
) -> tuple[Floats, Floats, Floats]:
    """Give pi, mu and S.

    Parameters
    ----------
    z
        Samples.
    rng
        Draws where kinds begin.
    kinds
        K, at most.
    """
    d, n = z.shape
    centre = z.mean(axis=1)
    about = z - centre[:, None]
    variance, axes = np.linalg.eigh(about @ about.T / n)
    out = axes * np.sqrt(np.maximum(variance, 1.0))
    back = axes / np.sqrt(np.maximum(variance, 1.0))
    x = (back.T @ about).astype(np.float32)
    row, column = lower_triangle(d)
    features = np.concatenate([x[row] * x[column], x, np.ones((1, n), dtype=np.float32)])
    share = _seeded(about.T.astype(np.float32), min(kinds, max(1, n // _SAMPLES_A_KIND)), rng)
    few = np.ascontiguousarray(features[:, ::_FEW])
    pi, mean, covariance = _maximised(share @ features.T, out)
    for x in (*[few] * _FEW_STEPS, *[features] * _STEPS):
        share = _quadratic(pi, mean, covariance, out, back) @ x
        share -= share.max(axis=0)
        np.exp(share, out=share)
        share /= share.sum(axis=0)
        pi, mean, covariance = _maximised(share @ x.T, out)
    return pi, mean + centre, covariance


@cache
def lower_triangle(d: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the entries of (d, d) up to its diagonal, as `numpy.tril_indices`."""
    return np.tril_indices(d)


def _maximised(sums: Singles, out: Floats) -> tuple[Floats, Floats, Floats]:
    """Weights, means and covariances, in widths of the noise, from sums of features."""
    d = len(out)
    total = sums.astype(np.float64)
    count, first = total[:, -1], total[:, -1 - d : -1]
    row, column = lower_triangle(d)
    second = np.empty((len(total), d, d))
    second[:, row, column] = second[:, column, row] = total[:, : row.size]
    mean = first / np.maximum(count, 1e-9)[:, None]
    scatter = out @ (second - first[:, :, None] * mean[:, None]) @ out.T
    scatter += _PRIOR_SAMPLES * _PRIOR_VARIANCE * np.eye(d)
    variance, axes = np.linalg.eigh(scatter / (count + _PRIOR_SAMPLES)[:, None, None])
    covariance = (axes * np.maximum(variance, 1.0)[:, None]) @ axes.swapaxes(1, 2)
    pi = (count + 1) / (count.sum() + count.size)
    return pi, mean @ out.T, covariance


def _quadratic(pi: Floats, mean: Floats, covariance: Floats, out: Floats, back: Floats) -> Singles:
    """Coefficients of ln of each kind's share, in the order of the features."""
    d = len(out)
    precision = out.T @ np.linalg.inv(covariance) @ out
    mu = mean @ back
    pulled = np.einsum("kij,kj->ki", precision, mu)
    constant = np.log(pi) - 0.5 * np.linalg.slogdet(covariance)[1] - 0.5 * (pulled * mu).sum(axis=1)
    row, column = lower_triangle(d)
    products = -0.5 * np.where(row == column, 1.0, 2.0) * precision[:, row, column]
    return np.column_stack([products, pulled, constant]).astype(np.float32)


def _seeded(z: Singles, kinds: int, rng: np.random.Generator) -> Singles:
    """(K, n) shares of samples (n, D) in kinds, by the seeds of k-means++."""
    n = len(z)
    square = (z * z).sum(axis=1)
    centre = z[rng.integers(n)]
    nearest = np.zeros(n, dtype=np.intp)
    distance = _apart(z, square, centre)
    for k in range(1, kinds):
        along = np.cumsum(distance, dtype=np.float64)
        centre = z[min(int(np.searchsorted(along, rng.random() * along[-1])), n - 1)]
        other = _apart(z, square, centre)
        nearest[other < distance] = k
        np.minimum(distance, other, out=distance)
    share = np.full((kinds, n), (1 - _SURE) / kinds, dtype=np.float32)
    share[nearest, np.arange(n)] += np.float32(_SURE)
    return share


def _apart(z: Singles, square: Singles, centre: Singles) -> Singles:
    result: Singles = square - 2 * (z @ centre)
    result += centre @ centre
    return np.maximum(result, 0, out=result)
