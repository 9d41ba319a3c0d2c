"""The Gaussian whose covariance depends on the lag alone (Pinkard et al., arXiv 2405.20559).

Any scene is stationary when the camera's place over it is random, so for frames much larger than a
patch little is lost. Few parameters: (2p - 1)^2 / 2 lags and a mean. The lags come from all pixels,
in large frames from the pairs within patches; where they make no covariance that noise allows, from
`spectral_fit`.

Weak where the noise is far from Gaussian: below about 30 counts, and with clipped pixels.
"""

from __future__ import annotations

import numpy as np

from hil.information.blas_threads import one_blas_thread
from hil.information.densities.stationary.autocovariance import (
    LagSums,
    fields_at_once,
    fold_moments,
    lag_sums,
)
from hil.information.densities.stationary.channel_model import ChannelTraining, channel_gap_bits
from hil.information.densities.stationary.fit import fitted
from hil.information.densities.stationary.fold_sums import training_sums
from hil.information.densities.stationary.gaussian_gap import gaussian_gap_bits
from hil.information.densities.stationary.model import StationaryModel
from hil.information.registry import CrossEntropy, Traits, half_sum_weight
from hil.information.sample.sample import Sample
from hil.noise.entropy.gaussian_gap import LEAST_DISCRETE_VARIANCE_ADU2


class Stationary:
    """See the module."""

    traits = Traits(compared="always", sees_pattern=True, streams=True)
    needed_patches = 8

    @one_blas_thread()
    def cross_entropy(self, sample: Sample) -> CrossEntropy:
        """See `PatchEstimator`."""
        if sample.n_channels > 1:
            return _of_channels(sample)
        sums, models = fitted_to(sample)
        shape = (sample.n_fields, sample.n_repeats * sample.places.shape[1])
        held_out, in_sample = np.empty(shape), np.empty(shape)
        for fold in range(sample.n_folds):
            for fields in fields_at_once(sample, fold):
                raw = sample.some(fields).raw_patches
                columns = np.subtract(raw.reshape(-1, raw.shape[-1]).T, sample.mean_adu)
                for k, nats in ((0, in_sample), (1 + fold, held_out)):
                    found = models[k].nats_per_pixel(sums[k].mean, columns)
                    nats[fields] = found.reshape(raw.shape[:2])
        # by how much few photons, clipping or skewed light mislead it
        details = {"gaussian_gap_bits": gaussian_gap_bits(sample, covariance_floor(sample))}
        return CrossEntropy(held_out, in_sample, half_sum_weight(sample.n_folds), details)


def _of_channels(sample: Sample) -> CrossEntropy:
    model, *models = ChannelTraining(sample).models
    in_sample = model.nats_per_pixel(sample.patches)
    held_out = np.empty_like(in_sample)
    for fold, model in enumerate(models):
        members = sample.fold == fold
        held_out[members] = model.nats_per_pixel(sample.patches[members])
    details = {"gaussian_gap_bits": channel_gap_bits(sample)}
    return CrossEntropy(held_out, in_sample, half_sum_weight(sample.n_folds), details)


def covariance_floor(sample: Sample) -> float:
    """Give the variance below which no eigenvalue of a covariance may lie, ADU^2."""
    return least_variance(sample.noise_variance_adu2, sample.discrete)


def least_variance(noise_variance_adu2: float, discrete: bool) -> float:
    """Give the floor of a covariance under noise of ``noise_variance_adu2``, ADU^2."""
    return (
        max(noise_variance_adu2, LEAST_DISCRETE_VARIANCE_ADU2) if discrete else noise_variance_adu2
    )


def fitted_to(sample: Sample) -> tuple[list[LagSums], list[StationaryModel]]:
    """Fit a sample of one channel: everything, then all folds but one.

    Returns
    -------
    Sums and models of each.
    """
    sums = training_sums(lag_sums(sample))
    floor = covariance_floor(sample)
    return sums, fitted(sums, floor, lambda: training_sums(fold_moments(sample)))


ESTIMATOR = Stationary()
