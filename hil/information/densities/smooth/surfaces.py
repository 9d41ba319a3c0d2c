"""The surface on which patches of smooth light lie, tiled by kinds: flat, and as wide as noise.

u : (n, d) patches in the coordinate in which noise has a width of 1
c : (r,) coordinates of a patch along the principal directions of all patches
k : kind, with weight pi_k, mean mu_k and covariance T_k (r, r) of c; all other directions are alike

Light that differs in few ways (its level, where it falls off and how steeply) makes patches of a
surface of as many dimensions, bent where light varies by much. One Gaussian about it holds far more
than it; many small ones lie along it (mixtures of factor analysers: Ghahramani and Hinton 1996).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.predictive.kinds_of_neighbours import mixture
from hil.information.densities.predictive.linear import regression, whitener

Singles = NDArray[np.float32]
Integers = NDArray[np.intp]

_NUMBERS_AT_ONCE = 2**18
_TELLING = 1.3  # variances of directions in which kinds differ, in the noise's


@dataclass(frozen=True)
class Surfaces:
    """See the module.

    Parameters
    ----------
    mean, along
        (d,) of all patches, and (d, r) principal directions.
    variances
        (d - r,) along all other directions, not below the noise's.
    quadratic
        (K, r (r + 1) / 2 + r + 1) ln of pi_k times the density of c, in the order of `_products`.
    log_weights
        (K,) ln pi.
    regressions, offsets, sd
        (K, d, d), (K, d), (K, d): what each kind predicts of values by earlier ones, and how well.
    """

    mean: Singles
    along: Singles
    beyond: Singles
    variances: Floats
    quadratic: Singles
    log_weights: Floats
    regressions: Singles
    offsets: Singles
    sd: Singles

    @classmethod
    def fit(cls, u: Singles, kinds: int, directions: int, rng: np.random.Generator) -> Surfaces:
        """Fit at most so many kinds, that differ in so many directions, to patches (n, d)."""
        n, d = u.shape
        mean = u.mean(axis=0, dtype=np.float64)
        about = u - mean.astype(np.float32)
        variance, axes = np.linalg.eigh((about.T @ about / n).astype(np.float64))
        variance = np.maximum(variance, 1.0)
        r = min(directions, max(1, int((variance > _TELLING).sum())))
        beyond, along = axes[:, : d - r], axes[:, d - r :]
        z = (along.T @ about.T).astype(np.float64)
        pi, mu, t = mixture(z, rng, kinds)
        alike = (beyond * variance[: d - r]) @ beyond.T
        whiteners = np.stack([whitener(alike + along @ one @ along.T) for one in t])
        rows, sd = regression(whiteners)
        centres = mean + mu @ along.T
        return cls(
            mean.astype(np.float32),
            along.astype(np.float32),
            beyond.astype(np.float32),
            variance[: d - r],
            _log_shares(pi, mu, t),
            np.log(pi),
            rows,
            (centres - np.einsum("kde,ke->kd", rows, centres)).astype(np.float32),
            sd,
        )

    def likeliest(self, u: Singles, most: int) -> Integers:
        """(n, most) kinds of patches, by all of their values, the likeliest first."""
        most = min(most, len(self.log_weights))
        found = [np.argsort(-one, axis=0)[:most].T for one in self._shares(u)]
        return np.concatenate(found).astype(np.intp)

    def nats(self, u: Singles) -> Floats:
        """-ln of the density of patches (n, d), by all kinds, as of real numbers."""
        from scipy.special import logsumexp

        about = u - self.mean
        rest = (about @ self.beyond).astype(np.float64) ** 2 / self.variances
        rest += np.log(2 * np.pi * self.variances)
        r = self.along.shape[1]
        by_kinds = np.concatenate([logsumexp(one, axis=0) for one in self._shares(u)])
        return np.asarray(rest.sum(axis=1) / 2 + r / 2 * np.log(2 * np.pi) - by_kinds)

    def predict(self, u: Singles, kind: Integers) -> tuple[Singles, Singles]:
        """Predict each value of patches (n, d), of a kind each, by earlier ones: and deviation."""
        value = np.empty_like(u)
        order = np.argsort(kind, kind="stable")
        ends = np.searchsorted(kind[order], np.arange(len(self.log_weights) + 1))
        for k in np.unique(kind):
            mine = order[ends[k] : ends[k + 1]]
            value[mine] = u[mine] @ self.regressions[k].T + self.offsets[k]
        return value, self.sd[kind]

    def _shares(self, u: Singles) -> list[Singles]:
        """(K, n) ln of pi_k times the density of c, of some patches at a time."""
        step = max(1, _NUMBERS_AT_ONCE // self.quadratic.shape[1])
        c = (u - self.mean) @ self.along
        return [
            self.quadratic @ _products(np.ascontiguousarray(c[i : i + step].T))
            for i in range(0, len(u), step)
        ]


def _products(c: Singles) -> Singles:
    """Products of coordinates (r, n) in the order of `numpy.tril_indices`, coordinates, and 1."""
    row, column = np.tril_indices(len(c))
    return np.concatenate([c[row] * c[column], c, np.ones((1, c.shape[1]), dtype=np.float32)])


def _log_shares(pi: Floats, mu: Floats, covariance: Floats) -> Singles:
    """Coefficients of ln of each kind's share, but for r / 2 ln(2 pi)."""
    precision = np.linalg.inv(covariance)
    pulled = np.einsum("kij,kj->ki", precision, mu)
    constant = np.log(pi) - 0.5 * np.linalg.slogdet(covariance)[1] - 0.5 * (pulled * mu).sum(axis=1)
    row, column = np.tril_indices(mu.shape[1])
    products = -0.5 * np.where(row == column, 1.0, 2.0) * precision[:, row, column]
    return np.column_stack([products, pulled, constant]).astype(np.float32)
