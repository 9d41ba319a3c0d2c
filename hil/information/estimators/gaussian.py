"""The Gaussian with any covariance, shrunk towards the stationary one.

z : patches whitened by the stationary fit; were it right, z would have covariance I
C : (d, d) covariance of z, shrunk towards (tr C / d) I by OAS (Chen, Wiesel, Eldar, Hero, IEEE
    Trans. Signal Processing 2010, eq. 23)

For frames cut to objects, apertures or templates, where the covariance depends on the place in the
patch. d (d + 1) / 2 parameters ask for thousands of patches.

The bound is always the shrunk fit's. Shrinking trades variance for a bias that no weighing of
held-out against in-sample takes away, so from 2 d scenes on the point estimate comes from the fit
without shrinkage. Its two errors are known exactly for Gaussian data from the moments of the
Wishart distribution (Muirhead, Aspects of Multivariate Statistical Theory, 1982, chapter 3), not
only to first order in d / n:

    in-sample   -1/2 [ln(n/2) - (1/d) sum_i psi((n - i)/2)],  i = 1 .. d
    held-out    the same of n', + 1/2 [(n' + 1)/(n' - d - 2) - 1],  n' scenes in training
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np

from drivers.types import Floats
from hil.information.densities.stationary.autocovariance import fields_at_once
from hil.information.densities.stationary.channel_model import ChannelTraining, channel_gap_bits
from hil.information.densities.stationary.gaussian_density import GaussianModel
from hil.information.densities.stationary.gaussian_gap import gaussian_gap_bits
from hil.information.densities.stationary.levinson import whiten_doubly_toeplitz
from hil.information.estimators.stationary import covariance_floor, fitted_to
from hil.information.registry import CrossEntropy, Traits, half_sum_weight
from hil.information.sample.sample import Sample
from hil.noise.entropy.gaussian_gap import LEAST_DISCRETE_VARIANCE_ADU2

# Eigenvalues of a sample covariance fall below those of the noise by chance, and the weights below
# count on that; only what chance cannot explain is lifted (frames without noise, say).
_LEAST_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class _PatchSums:
    """Sums over patches of one fold or several: sum of y, of y y^T, and how many scenes."""

    first: Floats
    second: Floats
    n_patches: int
    n_scenes: float

    def __add__(self, other: _PatchSums) -> _PatchSums:
        return _PatchSums(
            self.first + other.first,
            self.second + other.second,
            self.n_patches + other.n_patches,
            self.n_scenes + other.n_scenes,
        )

    def __sub__(self, other: _PatchSums) -> _PatchSums:
        return _PatchSums(
            self.first - other.first,
            self.second - other.second,
            self.n_patches - other.n_patches,
            self.n_scenes - other.n_scenes,
        )


class Gaussian:
    """See the module."""

    traits = Traits(compared="always")
    needed_patches = 16

    def cross_entropy(self, sample: Sample) -> CrossEntropy:
        """See `PatchEstimator`."""
        stationary = _stationary_models(sample)
        sums = [_patch_sums(sample, fold) for fold in range(sample.n_folds)]
        all_sums = reduce(add, sums)
        trained = min((all_sums - own).n_scenes for own in sums)
        free = trained >= 2 * sample.values_per_patch
        whole, shrinkage = _fit(stationary[0], all_sums, sample, shrink=not free)
        in_sample = np.empty((sample.n_fields, sample.n_repeats * sample.places.shape[1]))
        held_out, bound = np.empty_like(in_sample), np.empty_like(in_sample)
        for fold in range(sample.n_folds):
            training = stationary[fold + 1], all_sums - sums[fold]
            shrunk, shrinkage = _fit(*training, sample, shrink=True)
            unshrunk = _fit(*training, sample, shrink=False)[0] if free else shrunk
            for fields in fields_at_once(sample, fold):
                patches = sample.some(fields).patches
                in_sample[fields] = whole.nats_per_pixel(patches)
                bound[fields] = shrunk.nats_per_pixel(patches)
                held_out[fields] = unshrunk.nats_per_pixel(patches) if free else bound[fields]
        if sample.n_channels > 1:
            gap = channel_gap_bits(sample)
        else:
            gap = gaussian_gap_bits(sample, covariance_floor(sample))
        details = {"shrinkage": shrinkage, "gaussian_gap_bits": gap}
        if not free:
            return CrossEntropy(bound, in_sample, half_sum_weight(sample.n_folds), details)
        weight = wishart_weight(sample.values_per_patch, all_sums.n_scenes, trained)
        return CrossEntropy(held_out, in_sample, weight, details, bound)


def wishart_weight(d: int, n: float, n_trained: float) -> float:
    """Weight of held-out that cancels the biases of a maximum-likelihood Gaussian exactly.

    Parameters
    ----------
    d
        Values of a patch.
    n, n_trained
        Patches without overlap of the in-sample fit and of a fold's.
    """
    from scipy.special import digamma

    def volume(m: float) -> float:
        return 0.5 * (math.log(m / 2) - float(digamma((m - np.arange(1, d + 1)) / 2).mean()))

    low = volume(n)
    high = 0.5 * ((n_trained + 1) / (n_trained - d - 2) - 1) - volume(n_trained)
    weight: float = low / (low + high)
    return weight


def oas_shrinkage(covariance: Floats, n: float) -> float:
    """Weight of (tr C / d) I that OAS gives for ``n`` samples, 0 to 1."""
    d = covariance.shape[0]
    trace2 = float(np.trace(covariance)) ** 2
    squares = float(np.sum(covariance**2))
    distance = (n + 1 - 2 / d) * (squares - trace2 / d)
    if distance <= 0:
        return 1.0
    rho: float = ((1 - 2 / d) * squares + trace2) / distance
    return min(1.0, rho)


def _patch_sums(sample: Sample, fold: int) -> _PatchSums:
    d = sample.values_per_patch
    first, second, n = np.zeros(d), np.zeros((d, d)), 0
    for fields in fields_at_once(sample, fold):
        patches = sample.some(fields).patches.reshape(-1, d)
        first += patches.sum(axis=0, dtype=np.float64)
        second += patches.T @ patches
        n += patches.shape[0]
    return _PatchSums(first, second, n, sample.n_scenes * float((sample.fold == fold).mean()))


def _stationary_models(sample: Sample) -> list[GaussianModel]:
    """Stationary fits to everything, and to all folds but one."""
    if sample.n_channels > 1:
        return ChannelTraining(sample).models
    sums, models = fitted_to(sample)
    whiteners, log_dets = whiten_doubly_toeplitz(np.stack([model.c for model in models]))
    d = sample.values_per_patch
    return [
        GaussianModel(np.full(d, one.mean), whitener, float(log_det))
        for one, whitener, log_det in zip(sums, whiteners, log_dets, strict=True)
    ]


def _fit(
    stationary: GaussianModel, sums: _PatchSums, sample: Sample, *, shrink: bool
) -> tuple[GaussianModel, float]:
    whitener = stationary.whitener
    mean = sums.first / sums.n_patches
    covariance = sums.second / sums.n_patches - np.outer(mean, mean)
    whitened: Floats = whitener @ covariance @ whitener.T
    d = mean.size
    # repeats show the same scenes again: they are not new samples of what varies
    rho = oas_shrinkage(whitened, sums.n_scenes) if shrink else 0.0
    shrunk: Floats = (1 - rho) * whitened + rho * float(np.trace(whitened)) / d * np.eye(d)
    least = _LEAST_SHARE * covariance_floor(sample)
    if sample.discrete:  # below, a density read at the integers sums to more than 1 over them
        least = max(least, LEAST_DISCRETE_VARIANCE_ADU2)
    try:
        np.linalg.cholesky(shrunk - least * (whitener @ whitener.T))
        factor = np.asarray(np.linalg.cholesky(shrunk), np.float64)
    except np.linalg.LinAlgError:
        return GaussianModel.from_cholesky(mean, _lifted(shrunk, whitener, least)), rho
    inner = GaussianModel.from_cholesky(np.zeros(d), factor)
    model = GaussianModel(mean, inner.whitener @ whitener, inner.log_det + stationary.log_det)
    return model, rho


def _lifted(whitened: Floats, whitener: Floats, least: float) -> Floats:
    """Cholesky factor of the covariance with its eigenvalues raised to ``least``."""
    colour = np.linalg.inv(whitener)
    values, vectors = np.linalg.eigh(colour @ whitened @ colour.T)
    lifted = (vectors * np.maximum(values, least)) @ vectors.T
    return np.asarray(np.linalg.cholesky(lifted), np.float64)


ESTIMATOR = Gaussian()
