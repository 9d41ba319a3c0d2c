"""A Gaussian whose contrast varies from patch to patch: natural textures.

Where flat and busy places lie side by side one Gaussian is too wide for the first and too narrow
for the second; a mixture over contrasts, with the covariance of `stationary` and the noise's floor
under all of them, is the right width for both.
"""

from __future__ import annotations

from functools import reduce
from operator import add

import numpy as np
from numpy.typing import NDArray

from hil.information.autocovariance import LagSums, floored, lag_sums
from hil.information.estimators.copula import doubly_toeplitz
from hil.information.estimators.registry import CrossEntropy, half_sum_weight
from hil.information.estimators.stationary import covariance_floor
from hil.information.sample import Sample
from hil.information.scale_mixture_model import ScaleMixture


class ScaleMixtureEstimator:
    """See the module."""

    needed_patches = 16

    def cross_entropy(self, sample: Sample) -> CrossEntropy:
        """See `PatchEstimator`."""
        lags = lag_sums(sample)
        everything = reduce(add, lags)
        patches = sample.patches
        in_sample = _fit(everything, patches, sample).nats_per_pixel(patches)
        held_out = np.empty_like(in_sample)
        for fold, own in enumerate(lags):
            members = sample.fold == fold
            model = _fit(everything - own, patches[~members], sample)
            held_out[members] = model.nats_per_pixel(patches[members])
        return CrossEntropy(held_out, in_sample, half_sum_weight(sample.n_folds))


def _fit(sums: LagSums, patches: NDArray[np.float32], sample: Sample) -> ScaleMixture:
    floor = covariance_floor(sample)
    d = sample.patch_size**2
    covariance = doubly_toeplitz(floored(sums.autocovariance, floor))
    mean = np.full(d, sums.mean)
    return ScaleMixture.fit(patches.reshape(-1, d), mean, covariance, floor)


ESTIMATOR = ScaleMixtureEstimator()
