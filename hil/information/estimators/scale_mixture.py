"""A Gaussian whose contrast varies from patch to patch: natural textures.

Where flat and busy places lie side by side one Gaussian is too wide for the first and too narrow
for the second; a mixture over contrasts, with the covariance of `stationary` and the noise's floor
under all of them, is the right width for both.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.mixture.scale_model import ScaleMixture
from hil.information.densities.stationary.channel_model import ChannelTraining
from hil.information.densities.stationary.toeplitz import doubly_toeplitz
from hil.information.estimators.stationary import covariance_floor, fitted_to
from hil.information.registry import CrossEntropy, Traits, half_sum_weight
from hil.information.sample.sample import Sample


class ScaleMixtureEstimator:
    """See the module."""

    traits = Traits(compared="always")
    needed_patches = 16

    def cross_entropy(self, sample: Sample) -> CrossEntropy:
        """See `PatchEstimator`."""
        starts = _starts(sample)
        patches = sample.patches
        in_sample = _fit(starts[0], patches, sample).nats_per_pixel(patches)
        held_out = np.empty_like(in_sample)
        for fold, start in enumerate(starts[1:]):
            members = sample.fold == fold
            model = _fit(start, patches[~members], sample)
            held_out[members] = model.nats_per_pixel(patches[members])
        return CrossEntropy(held_out, in_sample, half_sum_weight(sample.n_folds))


def _starts(sample: Sample) -> list[tuple[Floats, Floats]]:
    """Stationary mean (d,) and covariance (d, d) of everything, and of all folds but one."""
    if sample.n_channels > 1:
        training = ChannelTraining(sample)
        return list(zip(training.means, training.covariances, strict=True))
    d = sample.values_per_patch
    return [
        (np.full(d, sums.mean), doubly_toeplitz(model.c))
        for sums, model in zip(*fitted_to(sample), strict=True)
    ]


def _fit(
    start: tuple[Floats, Floats], patches: NDArray[np.float32], sample: Sample
) -> ScaleMixture:
    flat = patches.reshape(-1, sample.values_per_patch)
    return ScaleMixture.fit(flat, *start, covariance_floor(sample))


ESTIMATOR = ScaleMixtureEstimator()
