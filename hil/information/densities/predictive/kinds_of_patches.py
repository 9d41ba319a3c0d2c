"""Mixtures of Gaussians over few coordinates, by EM: kinds that differ in all, or in their means.

c    : (n, r) coordinates, in widths of the noise        s : (n, K) shares of patches in kinds
pi   : (K,) weights        mu : (K, r) means             T : (K, r, r), or (1, r, r) of all kinds

ln of a normal density is linear in the products of coordinates, and so are the sums that its means
and covariances come from: of kinds with covariances of their own, a step is two matrix products.
No variance is below the noise's, 1; each kind has some patches added that are like all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from drivers.types import Floats
from hil.information.densities.predictive.linear import whitener

_STEPS = 7
_PRIOR_PATCHES = 4.0
_PRIOR_WIDTH = 0.2  # of a kind's covariance, relative to that of all


class Kinds(NamedTuple):
    """ln pi, mu and T, with T's inverse and the logarithm of its determinant."""

    log_weights: Floats
    means: Floats
    covariances: Floats
    precisions: Floats
    log_determinants: Floats


def separate_kinds(c: Floats, share: Floats, weight: Floats, variance: Floats) -> Kinds:
    """Fit kinds with covariances of their own.

    Parameters
    ----------
    share
        Where to begin, rows of sum 1.
    weight
        (n,) how much each patch counts.
    variance
        (r,) of all patches together.
    """
    r = c.shape[1]
    row, column = np.triu_indices(r)
    along = c.T
    features = np.concatenate([along[row] * along[column], along, np.ones((1, len(c)))])
    twice = np.where(row == column, 1.0, 2.0)
    typical = _PRIOR_WIDTH * np.diag(variance)

    def maximised(shares: Floats) -> Kinds:
        sums = shares @ features.T
        second = np.empty((len(sums), r, r))
        second[:, row, column] = second[:, column, row] = sums[:, : row.size]
        first, count = sums[:, row.size : -1], sums[:, -1]
        mu = first / (count[:, None] + 1)
        crossed = first[:, :, None] * mu[:, None, :]
        scatter = second - crossed - crossed.swapaxes(1, 2)
        scatter += count[:, None, None] * mu[:, :, None] * mu[:, None, :]
        scatter += _PRIOR_PATCHES * typical
        scatter /= (count + _PRIOR_PATCHES)[:, None, None]
        return Kinds(_log_weights(count), mu, *_lifted(scatter))

    def log_shares(kinds: Kinds) -> Floats:
        pulled = np.einsum("kij,kj->ki", kinds.precisions, kinds.means)
        constant = kinds.log_weights - 0.5 * kinds.log_determinants
        constant -= 0.5 * (pulled * kinds.means).sum(axis=1)
        quadratic = -0.5 * twice * kinds.precisions[:, row, column]
        result: Floats = np.concatenate([quadratic, pulled, constant[:, None]], 1) @ features
        return result

    return _climbed(share, weight, maximised, log_shares)


def alike_kinds(c: Floats, share: Floats, variance: Floats) -> Kinds:
    """Fit kinds that differ in their means alone; see `separate_kinds`."""
    typical = _PRIOR_WIDTH * np.diag(variance)

    def maximised(shares: Floats) -> Kinds:
        count, first = shares.sum(axis=1), shares @ c
        mu = first / (count[:, None] + 1 / variance)  # how far kinds lie apart, against their noise
        crossed = first.T @ mu
        scatter = (c.T * shares.sum(axis=0)) @ c - crossed - crossed.T
        scatter += (mu * count[:, None]).T @ mu + typical
        return Kinds(_log_weights(count), mu, *_lifted(scatter[None] / (count.sum() + 1)))

    def log_shares(kinds: Kinds) -> Floats:
        w = whitener(kinds.covariances[0])
        centres = kinds.means @ w.T
        result: Floats = centres @ (w @ c.T)
        result += (kinds.log_weights - 0.5 * (centres**2).sum(axis=1))[:, None]
        return result

    return _climbed(share, np.ones(len(c)), maximised, log_shares)


def _climbed(
    share: Floats,
    weight: Floats,
    maximised: Callable[[Floats], Kinds],
    log_shares: Callable[[Kinds], Floats],
) -> Kinds:
    share = share.T  # (K, n): sums over kinds then run along many patches at once
    for _ in range(_STEPS):
        said = log_shares(maximised(share * weight))
        said -= said.max(axis=0)
        likely = np.exp(said.astype(np.float32))
        share = (likely / likely.sum(axis=0)).astype(np.float64)
    return maximised(share * weight)


def _log_weights(count: Floats) -> Floats:
    result: Floats = np.log((count + 1) / (count.sum() + count.size))
    return result


def _lifted(covariances: Floats) -> tuple[Floats, Floats, Floats]:
    """Lift eigenvalues of (K, r, r) to the noise's variance; give inverses, ln of determinants."""
    variance, along = np.linalg.eigh((covariances + covariances.swapaxes(1, 2)) / 2)
    variance = np.maximum(variance, 1.0)
    back = along.swapaxes(1, 2)
    lifted, precision = ((along * scale[:, None]) @ back for scale in (variance, 1 / variance))
    return lifted, precision, np.log(variance).sum(axis=1)
