"""Prediction by kinds of patches: a mixture of Gaussians, each a linear predictor of its own.

c : (r,) coordinates of a patch along the principal directions of the covariance S
k : kind of patch, with weight pi_k, mean mu_k and covariance T_k (r, r) of c

Patches of real scenes lie near few surfaces: edges of one direction or another, slopes of one
steepness, templates. Within a kind values are predicted linearly; which kind it is, the earlier
values tell by and by (Zoran and Weiss, ICCV 2011, for such mixtures as priors of patches). Along
all other directions kinds are alike. Every patch also counts, a little, turned and mirrored: scenes
have no up and down until enough patches say so.

What comes out is one prediction and its standard deviation: mean and variance of the mixture of
the kinds' predictions, weighted by what the earlier values say of the kinds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.mixture.seeds import seed_responsibilities
from hil.information.densities.predictive.cells import Singles
from hil.information.densities.predictive.kinds_of_patches import alike_kinds, separate_kinds
from hil.information.densities.predictive.linear import regression, whitener

_FIRST_STEPS = 6
_MOST_FITTED = 1024  # patches
_TURNED_WEIGHT = 0.5  # of each of seven turned copies of a patch
_LEAST_VARIANCE = 0.5
_NUMBERS_AT_ONCE = 2**18
_BAND = 64
_MOST_EVIDENCE = 40.0  # twice the nats by which one value may speak against a kind


@dataclass(frozen=True)
class Clusters:
    """See the module.

    Parameters
    ----------
    log_weights
        (K,) ln pi.
    regressions
        (K, d, d), or (1, d, d) of all kinds, R of `linear`.
    offsets
        (K, d) what each kind predicts where all values are 0.
    sd
        (K, d) or (1, d), of the predictions.
    """

    log_weights: Singles
    regressions: Singles
    offsets: Singles
    sd: Singles

    @classmethod
    def fit(
        cls,
        u: Singles,
        mean: Floats,
        covariance: Floats,
        p: int,
        kinds: int,
        directions: int,
        rng: np.random.Generator,
        *,
        placed: bool = False,
    ) -> Clusters:
        """Fit to patches (n, d).

        Parameters
        ----------
        mean, covariance
            m and S of all patches.
        p
            Patch size.
        kinds, directions
            K and r, at most.
        rng
            Draws where kinds begin.
        placed
            Whether each value of a patch has a place of its own in the scene, as in frames that are
            patches: then copies are not turned, there are more kinds, and they differ in their
            means alone.
        """
        if placed:
            mean, covariance = _by_place(u, mean, covariance)
        variance, along = _principal(covariance, directions)
        if placed:
            c = (u - mean) @ along
            share = _largest(seed_responsibilities(u.astype(np.float64), 1, rng), kinds)
            log_pi, mu, t, *_ = alike_kinds(c, share, variance)
        else:
            some = u[_evenly(len(u), _MOST_FITTED)].astype(np.float64) - mean
            c, weight = _with_turned(some, along, p)
            start = np.minimum(np.maximum(variance - 1, 0.0), 1.0) / np.sqrt(variance)
            begun = _seeded(c * start, kinds, rng)
            log_pi, mu, t, *_ = separate_kinds(c, begun, weight, variance)
        alike = covariance - (along * ((covariance @ along) * along).sum(axis=0)) @ along.T
        whiteners = np.stack([whitener(alike + along @ one @ along.T) for one in t])
        centres = mean + mu @ along.T
        rows, sd = regression(whiteners)
        offsets = centres - np.einsum(
            "kde,ke->kd", np.broadcast_to(rows, (len(mu), *rows.shape[1:])), centres
        )
        return cls(log_pi.astype(np.float32), rows, offsets.astype(np.float32), sd)

    def predict(self, u: Singles) -> tuple[Singles, Singles]:
        """Predict each value of patches (n, d) from the earlier ones: mean and deviation."""
        mean, variance = np.empty_like(u), np.empty_like(u)
        square = (self.sd * self.sd)[..., None]
        for some in self._blocks(len(u)):
            share, each = self.by_kind(u[some])
            own = np.einsum("kdn,kdn->dn", share, each)
            each -= own
            each *= each
            each += square
            mean[some], variance[some] = own.T, np.einsum("kdn,kdn->dn", share, each).T
        return mean, np.sqrt(np.maximum(variance, np.float32(_LEAST_VARIANCE)))

    def probability(self, u: Singles, low: Singles, high: Singles) -> Floats:
        """P(low < u_i <= high) given the earlier values under each kind's normal, (n, d)."""
        from scipy.special import ndtr

        result = np.empty(u.shape)
        width = self.sd[..., None]
        for some in self._blocks(len(u)):
            share, mean = self.by_kind(u[some])
            cell = ndtr((high[some].T - mean) / width)
            cell -= ndtr((low[some].T - mean) / width)
            result[some] = np.einsum("kdn,kdn->dn", share, cell).T
        return result

    def by_kind(self, u: Singles) -> tuple[Singles, Singles]:
        """(K, d, n) probability of each kind given the earlier values, and its prediction."""
        values = np.ascontiguousarray(u.T)
        means = self._from_earlier(values) + self.offsets[..., None]
        said = np.empty_like(means)
        said[:, 0] = 0
        against = said[:, 1:]
        np.subtract(values[:-1], means[:, :-1], out=against)
        against *= self._precision
        against *= against
        np.minimum(against, np.float32(_MOST_EVIDENCE / 2), out=against)
        for i in range(2, len(values)):  # numpy's own sum along a middle axis takes ten times that
            said[:, i] += said[:, i - 1]
        np.subtract(self._sharpness, said, out=said)
        said -= said.max(axis=0)
        np.exp(said, out=said)
        said /= said.sum(axis=0)
        return said, means

    def _from_earlier(self, values: Singles) -> Singles:
        """R u of patches (d, n), a band of values at a time: R is 0 above its diagonal."""
        rows, d, _ = self.regressions.shape
        result = np.empty((rows, d, values.shape[1]), dtype=np.float32)
        for start in range(0, d, _BAND):
            end = min(start + _BAND, d)
            band = self.regressions[:, start:end, :end].reshape(-1, end)
            result[:, start:end] = (band @ values[:end]).reshape(rows, end - start, -1)
        return result

    @cached_property
    def _precision(self) -> Singles:
        result: Singles = np.sqrt(np.float32(0.5)) / self.sd[:, :-1, None]
        return result

    @cached_property
    def _sharpness(self) -> Singles:
        """(K, d, 1) ln of a kind's weight and of the widths of all values before each."""
        result = np.zeros((*self.sd.shape, 1), dtype=np.float32)
        np.cumsum(-np.log(self.sd[:, :-1]), axis=1, out=result[:, 1:, 0])
        return result + self.log_weights[:, None, None]

    def _blocks(self, n: int) -> Iterator[slice]:
        """Patches some at a time, so that what is said of them stays in the cache."""
        step = max(1, _NUMBERS_AT_ONCE // self.offsets.size)
        return (slice(i, i + step) for i in range(0, n, step))


def _principal(covariance: Floats, most: int) -> tuple[Floats, Floats]:
    """Largest variances, not below the noise's, and their directions (d, r)."""
    from scipy.linalg import eigh

    d = len(covariance)
    r = min(most, d)
    variance, along = eigh(covariance, subset_by_index=(d - r, d - 1))
    return np.maximum(variance, 1.0), along


def _with_turned(about: Floats, along: Floats, p: int) -> tuple[Floats, Floats]:
    """Coordinates of patches and of their turned copies, and the weight of each."""
    image = about.reshape(len(about), -1, p, p)
    across = image.swapaxes(2, 3)
    copies = [image] + [
        one[:, :, ::down, ::right]
        for one in (image, across)
        for down in (1, -1)
        for right in (1, -1)
        if one is across or (down, right) != (1, 1)
    ]
    c = np.concatenate([copy.reshape(len(about), -1) @ along for copy in copies])
    weight = np.full(len(c), _TURNED_WEIGHT)
    weight[: len(about)] = 1.0
    return c, weight


def _seeded(z: Floats, kinds: int, rng: np.random.Generator) -> Floats:
    """(n, K) shares of patches in kinds, by k-means++ and a few steps of Lloyd's."""
    n = len(z)
    centres = z[rng.integers(n, size=1)]
    distance = ((z - centres[0]) ** 2).sum(axis=1)
    for _ in range(min(kinds, n) - 1):
        total = float(distance.sum())
        chosen = rng.choice(n, size=1, p=distance / total if total > 0 else None)
        centres = np.concatenate([centres, z[chosen]])
        distance = np.minimum(distance, ((z - z[chosen]) ** 2).sum(axis=1))
    for _ in range(_FIRST_STEPS):
        nearest = ((centres**2).sum(axis=1) - 2 * z @ centres.T).argmin(axis=1)
        member = np.eye(len(centres))[nearest]
        centres = (member.T @ z + centres) / (member.sum(axis=0)[:, None] + 1)
    k = len(centres)
    return np.asarray(0.9 * member + 0.1 / k, dtype=np.float64)


def _by_place(u: Singles, mean: Floats, covariance: Floats) -> tuple[Floats, Floats]:
    """Mean and covariance of patches, with d patches of those given added.

    (The mean of a Wishart posterior whose prior has as many degrees of freedom as it needs.)
    """
    n, d = u.shape
    own = u.mean(axis=0, dtype=np.float64)
    about = u - own
    mixed = (about.T @ about + d * covariance) / (n + d)
    return (n * own + mean) / (n + 1), mixed


def _largest(share: Floats, kinds: int) -> Floats:
    """Leave the ``kinds`` largest kinds, which take what the others had."""
    left = share[:, np.argsort(-share.sum(axis=0), kind="stable")[:kinds]]
    left = left + 1e-3 / left.shape[1]
    result: Floats = left / left.sum(axis=1, keepdims=True)
    return result


def _evenly(n: int, most: int) -> NDArray[np.intp]:
    """At most so many of n, evenly apart."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(np.intp))
