"""Any law of one pixel, joined by the correlations of a stationary Gaussian.

The default for integers: right on flat fields at any light and any clipping, where Gaussian
families see bits that are not there. The marginal law is a smoothed histogram (`marginal`), pixels
hang together by their normal scores (`copula_model`), whose covariance depends on the lag alone.
For place-dependent statistics see `copula_gaussian`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from operator import add
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hil.errors import InputError
from hil.information.autocovariance import floored, lag_sums
from hil.information.copula_model import CopulaModel
from hil.information.estimators.registry import CrossEntropy, half_sum_weight
from hil.information.levinson import whiten_doubly_toeplitz
from hil.information.marginal import Coding, fit_marginals, noise_variance
from hil.information.normal_scores import NormalScores
from hil.information.sample import Sample

Floats = NDArray[np.float64]

_FLOOR_SHARE = 0.9  # of the noise's variance in the scores, which is known to first order only


class Joint(Protocol):
    """Joins the pixels of a patch: from scores of training fields to a model."""

    def __call__(self, scores: NormalScores, sample: Sample) -> CopulaModel:
        """Fit.

        Parameters
        ----------
        scores
            The marginal law.
        sample
            Frames of the training fields as scores, with the noise's variance in them.
        """
        ...


class Copula:
    """See the module."""

    needed_patches = 8

    def cross_entropy(self, sample: Sample) -> CrossEntropy:
        """See `PatchEstimator`."""
        codes = CodedSample.of(sample)
        in_sample = codes.model(None, stationary_joint).nats_per_pixel(codes.patches)
        held_out = np.empty_like(in_sample)
        for fold in range(sample.n_folds):
            members = sample.fold == fold
            model = codes.model(fold, stationary_joint)
            held_out[members] = model.nats_per_pixel(codes.patches[members])
        step = codes.coding.log_step_nats
        weight = half_sum_weight(sample.n_folds)
        return CrossEntropy(held_out + step, in_sample + step, weight, codes.details)


class CodedSample:
    """A sample as codes, with the marginal laws of all folds.

    Parameters
    ----------
    sample
        Frames in ADU.
    coding
        Of those frames.
    """

    def __init__(self, sample: Sample, coding: Coding) -> None:
        self.sample = sample
        self.coding = coding
        frames = coding.encode(sample.frames)
        self._as_codes = replace(sample, frames=frames)
        self._variance = noise_variance(sample, coding)
        counts = np.array(
            [
                np.bincount(
                    sample.pixels(frames, np.flatnonzero(sample.fold == fold)),
                    minlength=coding.n_codes,
                )
                for fold in range(sample.n_folds)
            ],
            dtype=np.float64,
        )
        self._law, self._laws, bandwidths = fit_marginals(counts, self._variance)
        self.details: dict[str, Any] = {
            "marginal_codes": coding.n_codes,
            "marginal_bandwidth": bandwidths[0],
        }

    @classmethod
    def of(cls, sample: Sample) -> CodedSample:
        """Code the frames of ``sample``.

        Raises
        ------
        InputError
            Where they have several channels.
        """
        if sample.n_channels > 1:
            raise InputError("estimator", "", "copula takes frames of one channel so far")
        return cls(sample, Coding.of(sample))

    @property
    def patches(self) -> NDArray[np.int32]:
        """(F, R * T, d) codes."""
        return self._as_codes.raw_patches

    def model(self, left_out: int | None, joint: Joint) -> CopulaModel:
        """Fit to all folds, or to all but one."""
        codes = self._as_codes
        if left_out is None:
            scores = NormalScores(self._law)
        else:
            scores = NormalScores(self._laws[left_out])
            codes = codes.some(np.flatnonzero(self.sample.fold != left_out))
        training = replace(
            codes,
            frames=scores.score.astype(np.float32)[codes.frames],
            mean_adu=0.0,
            noise_variance_adu2=_FLOOR_SHARE * scores.slope2_mean(self._variance),
            discrete=False,
            noise=None,
        )
        return joint(scores, training)


def score_autocovariance(sample: Sample) -> Floats:
    """(2p-1, 2p-1) autocovariance of scores, positive."""
    lags = reduce(add, lag_sums(sample))
    return floored(lags.autocovariance, sample.noise_variance_adu2)


def stationary_joint(scores: NormalScores, sample: Sample) -> CopulaModel:
    """Join by a covariance that depends on the lag alone."""
    c = score_autocovariance(sample)
    whitener, _ = whiten_doubly_toeplitz(c)
    mean = np.zeros(sample.patch_size**2)  # by construction: scores are those of their own law
    return CopulaModel.fit(scores, mean, doubly_toeplitz(c), whitener)


def doubly_toeplitz(c: Floats) -> Floats:
    """(d, d) covariance of a patch from the (2p-1, 2p-1) autocovariance."""
    p = c.shape[0] // 2 + 1
    apart = np.arange(p)[:, None] - np.arange(p)[None, :] + p - 1
    result: Floats = c[apart[:, None, :, None], apart[None, :, None, :]].reshape(p * p, p * p)
    return result


ESTIMATOR = Copula()
