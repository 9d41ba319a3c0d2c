"""Any distribution of one pixel, joined by the correlations of a stationary Gaussian.

The default for integers: right on flat fields at any light and any clipping, where Gaussian
families see bits that are not there. The distribution of one pixel is a smoothed histogram or one
of few parameters (`coded_sample`), pixels hang together by their normal scores (`copula_model`),
whose covariance depends on the lag alone. For place-dependent statistics see `copula_gaussian`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add

import numpy as np

from drivers.types import Floats
from hil.information.densities.copula.choose_marginal import choose_distributions
from hil.information.densities.copula.model import CopulaModel
from hil.information.densities.copula.scored_fields import ScoredFields
from hil.information.densities.stationary.autocovariance import fold_moments, lag_sums
from hil.information.densities.stationary.channel_model import VectorSums, channel_covariances
from hil.information.densities.stationary.fit import fitted
from hil.information.densities.stationary.levinson import whiten_doubly_toeplitz
from hil.information.densities.stationary.masked_lags import lags_by_fold
from hil.information.densities.stationary.toeplitz import doubly_toeplitz
from hil.information.registry import CrossEntropy, Traits, half_sum_weight
from hil.information.sample.sample import Sample


class Copula:
    """See the module."""

    traits = Traits(compared="always", sees_pattern=True, on_codes=True)
    needed_patches = 8

    def cross_entropy(self, sample: Sample) -> CrossEntropy:
        """See `PatchEstimator`."""
        codes, choice = choose_distributions(sample, stationary_joint)
        step = codes.log_step_nats
        return CrossEntropy(
            choice.held_out_nats + step,
            codes.in_sample_nats(choice.models) + step,
            half_sum_weight(sample.n_folds),
            codes.details | {"marginal_law": choice.name},
        )


def stationary_joint(training: Sequence[ScoredFields]) -> list[CopulaModel]:
    """Join by a covariance that depends on the lag alone."""
    models = []
    for scored, (covariance, whitener) in zip(training, stationary_fits(training), strict=True):
        mean = np.zeros(
            len(covariance)
        )  # by construction: scores are those of their own distribution
        fit = scored.in_scores(covariance, whitener)
        least = scored.least_latent_variance
        models.append(CopulaModel.fit(scored.distributions, mean, *fit, least))
    return models


def stationary_fits(training: Sequence[ScoredFields]) -> list[tuple[Floats, Floats]]:
    """Covariance (d, d) of each set's `parts` by lag, not below the noise, and its whitener."""
    if len(training[0].distributions) > 1:
        return _channel_fits(training)
    lags = [reduce(add, (s for part in one.parts() for s in lag_sums(part))) for one in training]
    models = fitted(
        lags,
        1.0,
        lambda: [
            reduce(add, (s for part in one.parts() for s in fold_moments(part))) for one in training
        ],
    )
    whiteners, _ = whiten_doubly_toeplitz(np.stack([model.c for model in models]))
    return [
        (doubly_toeplitz(model.c), whitener)
        for model, whitener in zip(models, whiteners, strict=True)
    ]


def patch_sums(scored: ScoredFields) -> VectorSums:
    """Sum over the patches of a training set."""
    d = len(scored.distributions) * scored.values_per_channel
    return reduce(add, (VectorSums.of(part.patches.reshape(-1, d)) for part in scored.parts()))


def _channel_fits(training: Sequence[ScoredFields]) -> list[tuple[Floats, Floats]]:
    def patches() -> list[tuple[Floats, int]]:
        sums = map(patch_sums, training)
        return [(own.covariance(np.zeros(len(own.first))), own.n) for own in sums]

    lags = [
        reduce(add, (s for part in one.parts() for s in lags_by_fold(part))) for one in training
    ]
    covariances = channel_covariances(lags, patches, 1.0)
    return [(s, np.tril(np.linalg.inv(np.linalg.cholesky(s)))) for s in covariances]


ESTIMATOR = Copula()
