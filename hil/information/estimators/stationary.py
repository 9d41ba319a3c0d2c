"""The Gaussian whose covariance depends on the lag alone (Pinkard et al., arXiv 2405.20559).

Any scene is stationary when the camera's place over it is random, so for frames much larger than a
patch little is lost. Few parameters: (2p - 1)^2 / 2 lags and a mean.

Weak where the noise is far from Gaussian: below about 30 counts, and with clipped pixels.
"""

from __future__ import annotations

from functools import reduce
from operator import add

import numpy as np

from hil.information.autocovariance import LagSums, floored, lag_sums
from hil.information.estimators.registry import CrossEntropy, half_sum_weight
from hil.information.gaussian_score import GaussianModel
from hil.information.levinson import whiten_doubly_toeplitz
from hil.information.sample import Sample

_DISCRETE_FLOOR_ADU2 = 0.35  # below, a density read at integers sums to more than 1


class Stationary:
    """See the module."""

    needed_patches = 8

    def cross_entropy(self, sample: Sample) -> CrossEntropy:
        """See `PatchEstimator`."""
        per_fold = lag_sums(sample)
        everything = reduce(add, per_fold)
        in_sample = stationary_model(everything, sample).nats_per_pixel(sample.patches)
        held_out = np.empty_like(in_sample)
        for fold, own in enumerate(per_fold):
            model = stationary_model(everything - own, sample)
            members = sample.fold == fold
            held_out[members] = model.nats_per_pixel(sample.patches[members])
        return CrossEntropy(held_out, in_sample, half_sum_weight(sample.n_folds))


def covariance_floor(sample: Sample) -> float:
    """Give the variance below which no eigenvalue of a covariance may lie, ADU^2."""
    if sample.discrete:
        return max(sample.noise_variance_adu2, _DISCRETE_FLOOR_ADU2)
    return sample.noise_variance_adu2


def stationary_model(sums: LagSums, sample: Sample) -> GaussianModel:
    """Fit the stationary Gaussian, floored at the noise's variance."""
    c = floored(sums.autocovariance, covariance_floor(sample))
    whitener, log_det = whiten_doubly_toeplitz(c)
    return GaussianModel(np.full(sample.patch_size**2, sums.mean), whitener, log_det)


ESTIMATOR = Stationary()
