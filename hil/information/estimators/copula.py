"""Any law of one pixel, joined by the correlations of a stationary Gaussian.

The default for integers: right on flat fields at any light and any clipping, where Gaussian
families see bits that are not there. The law of one pixel is a smoothed histogram or one of few
parameters (`coded_sample`), pixels hang together by their normal scores (`copula_model`), whose
covariance depends on the lag alone. For place-dependent statistics see `copula_gaussian`.
"""

from __future__ import annotations

from functools import reduce
from operator import add

import numpy as np
from numpy.typing import NDArray

from hil.information.autocovariance import fold_moments, lag_sums
from hil.information.coded_sample import CodedSample
from hil.information.copula_model import CopulaModel
from hil.information.estimators.registry import CrossEntropy, half_sum_weight
from hil.information.estimators.stationary import fitted
from hil.information.levinson import whiten_doubly_toeplitz
from hil.information.normal_scores import NormalScores
from hil.information.sample import Sample

Floats = NDArray[np.float64]


class Copula:
    """See the module."""

    needed_patches = 8

    def cross_entropy(self, sample: Sample) -> CrossEntropy:
        """See `PatchEstimator`."""
        codes = CodedSample.of(sample)
        choice = codes.chosen_laws(stationary_joint)
        in_sample = choice.in_sample.nats_per_pixel(codes.patches)
        step = codes.coding.log_step_nats
        return CrossEntropy(
            choice.held_out_nats + step,
            in_sample + step,
            half_sum_weight(sample.n_folds),
            codes.details | {"marginal_law": choice.laws[0].name},
        )


def score_autocovariance(sample: Sample) -> Floats:
    """(2p-1, 2p-1) autocovariance of scores, none of whose eigenvalues lies below the noise."""
    lags = reduce(add, lag_sums(sample))
    models = fitted([lags], sample.noise_variance_adu2, lambda: [reduce(add, fold_moments(sample))])
    return models[0].c


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
