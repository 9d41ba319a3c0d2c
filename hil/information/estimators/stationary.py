"""The Gaussian whose covariance depends on the lag alone (Pinkard et al., arXiv 2405.20559).

Any scene is stationary when the camera's place over it is random, so for frames much larger than a
patch little is lost. Few parameters: (2p - 1)^2 / 2 lags and a mean. The lags come from all pixels;
where they make no covariance that noise allows, from `spectral_fit`.

Weak where the noise is far from Gaussian: below about 30 counts, and with clipped pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, reduce
from operator import add

import numpy as np

from hil.information.autocovariance import LagSums, above_floor, floored, lag_sums
from hil.information.estimators.registry import CrossEntropy, half_sum_weight
from hil.information.gaussian_score import GaussianModel
from hil.information.levinson import whiten_doubly_toeplitz
from hil.information.one_pixel import gaussian_gap_bits
from hil.information.patch_moments import PatchMoments, frame_moments
from hil.information.sample import Sample
from hil.information.spectral_fit import fit_spectrum

_DISCRETE_FLOOR_ADU2 = 0.35  # below, a density read at integers sums to more than 1
_LARGEST_FITTED_PATCH = 32  # pixels: beyond, a step of the fit takes seconds


class Stationary:
    """See the module."""

    needed_patches = 8

    def cross_entropy(self, sample: Sample) -> CrossEntropy:
        """See `PatchEstimator`."""
        per_fold = lag_sums(sample)
        everything = reduce(add, per_fold)
        training = [everything, *(everything - own for own in per_fold)]
        moments = _Moments(sample)
        model, *models = stationary_models(training, covariance_floor(sample), moments.training)
        in_sample = model.nats_per_pixel(sample.patches)
        held_out = np.empty_like(in_sample)
        for fold, model in enumerate(models):
            members = sample.fold == fold
            held_out[members] = model.nats_per_pixel(sample.patches[members])
        # by how much few photons, clipping or skewed light mislead it
        details = {"gaussian_gap_bits": gaussian_gap_bits(sample, covariance_floor(sample))}
        return CrossEntropy(held_out, in_sample, half_sum_weight(sample.n_folds), details)


def covariance_floor(sample: Sample) -> float:
    """Give the variance below which no eigenvalue of a covariance may lie, ADU^2."""
    return least_variance(sample.noise_variance_adu2, sample.discrete)


def least_variance(noise_variance_adu2: float, discrete: bool) -> float:
    """Give the floor of a covariance under noise of ``noise_variance_adu2``, ADU^2."""
    return max(noise_variance_adu2, _DISCRETE_FLOOR_ADU2) if discrete else noise_variance_adu2


def stationary_model(sums: LagSums, sample: Sample) -> GaussianModel:
    """Fit the stationary Gaussian, floored at the noise's variance."""
    return stationary_models([sums], covariance_floor(sample))[0]


def stationary_models(
    sums: Sequence[LagSums], floor_adu2: float, moments: Callable[[int], PatchMoments] | None = None
) -> list[GaussianModel]:
    """Fit several at once: by numpy's stacks they cost little more than one.

    Parameters
    ----------
    sums
        Of the frames that each is fitted to.
    floor_adu2
        Variance below which no eigenvalue may lie.
    moments
        Gives the patches' moments for each of ``sums``. They are asked for where the lags alone
        give a covariance below the floor; without them such lags are mixed with a smoother
        spectrum.
    """
    c = np.stack([one.autocovariance for one in sums])
    if moments is None or c.shape[-1] // 2 >= _LARGEST_FITTED_PATCH:
        c = floored(c, floor_adu2)
    else:
        nearby = None
        for k in map(int, np.flatnonzero(~above_floor(c, floor_adu2))):
            patches = moments(k)
            covariance = patches.covariance(sums[k].mean)
            c[k], nearby = fit_spectrum(covariance, floor_adu2, patches.n, nearby)
    whiteners, log_dets = whiten_doubly_toeplitz(c)
    d = whiteners.shape[-1]
    return [
        GaussianModel(np.full(d, one.mean), whitener, float(log_det))
        for one, whitener, log_det in zip(sums, whiteners, log_dets, strict=True)
    ]


class _Moments:
    """Moments of a sample's training sets, summed when they are first asked for."""

    def __init__(self, sample: Sample) -> None:
        self._sample = sample

    def training(self, k: int) -> PatchMoments:
        """Return those of everything for 0, of all but fold k - 1 for others."""
        everything = reduce(add, self._folds)
        return everything if k == 0 else everything - self._folds[k - 1]

    @cached_property
    def _folds(self) -> list[PatchMoments]:
        p, patches = self._sample.patch_size, self._sample.patches
        return [
            frame_moments(patches[self._sample.fold == fold].reshape(-1, p, p), p)
            for fold in range(self._sample.n_folds)
        ]


ESTIMATOR = Stationary()
