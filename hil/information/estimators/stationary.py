"""The Gaussian whose covariance depends on the lag alone (Pinkard et al., arXiv 2405.20559).

Any scene is stationary when the camera's place over it is random, so for frames much larger than a
patch little is lost. Few parameters: (2p - 1)^2 / 2 lags and a mean. The lags come from all pixels,
in large frames from the pairs within patches; where they make no covariance that noise allows, from
`spectral_fit`.

Weak where the noise is far from Gaussian: below about 30 counts, and with clipped pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from hil.information.blas_threads import one_blas_thread
from hil.information.densities.stationary.autocovariance import (
    LagSums,
    above_floor,
    fields_at_once,
    floored,
    fold_moments,
    lag_sums,
)
from hil.information.densities.stationary.channel_model import ChannelTraining, channel_gap_bits
from hil.information.densities.stationary.fold_sums import training_sums
from hil.information.densities.stationary.gaussian_gap import gaussian_gap_bits
from hil.information.densities.stationary.model import StationaryModel
from hil.information.densities.stationary.patch_moments import PatchMoments
from hil.information.densities.stationary.spectral_fit import fit_part, fit_spectrum
from hil.information.registry import CrossEntropy, Traits, half_sum_weight
from hil.information.sample.sample import Sample
from hil.noise.entropy.gaussian_gap import LEAST_DISCRETE_VARIANCE_ADU2

_NEAR_FLOOR = 1.5  # below so many floors, an eigenvalue by lags alone is as likely chance
_LARGEST_FITTED_PATCH = 32  # pixels: beyond, a step of the fit takes seconds


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


def fitted(
    sums: Sequence[LagSums],
    floor_adu2: float,
    moments: Callable[[], Sequence[PatchMoments]] | None = None,
) -> list[StationaryModel]:
    """Fit models to a set of frames and to parts of it.

    Parameters
    ----------
    sums
        Of all frames first, then of each part.
    floor_adu2
        Variance below which no eigenvalue may lie.
    moments
        Gives the moments of the same frames' patches. They are asked for where lags alone give a
        covariance below the floor; without them such lags are mixed with a smoother spectrum.
    """
    c = np.stack([one.autocovariance for one in sums])
    if moments is None or c.shape[-1] // 2 >= _LARGEST_FITTED_PATCH:
        return [StationaryModel(one) for one in floored(c, floor_adu2)]
    if all(above_floor(one, _NEAR_FLOOR * floor_adu2) for one in c):
        return [StationaryModel(one) for one in c]
    # all by the same method, so that in-sample and held-out values err alike
    known = moments()
    everything, *parts = (part.covariance(one.mean) for one, part in zip(sums, known, strict=True))
    whole = fit_spectrum(everything, floor_adu2, known[0].n)
    return [whole.model, *(fit_part(whole, part).model for part in parts)]


ESTIMATOR = Stationary()
