"""Any distribution of one pixel, joined by the correlations of a Gaussian with any covariance.

`copula` for frames cut to objects, apertures or templates, where statistics depend on the place in
the patch: the scores have a mean and a covariance of their own at each place, shrunk towards the
stationary one by OAS. The distribution of one pixel stays the same everywhere, as a table.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from drivers.types import Floats
from hil.information.densities.copula.choose_marginal import choose_distributions
from hil.information.densities.copula.model import CopulaModel
from hil.information.densities.copula.scored_fields import ScoredFields
from hil.information.estimators.copula import patch_sums, stationary_fits
from hil.information.estimators.gaussian import oas_shrinkage, wishart_weight
from hil.information.registry import CrossEntropy, Traits, half_sum_weight
from hil.information.sample.sample import Sample

_LEAST_SHARE = 0.05  # of the noise's variance, below which chance brings no eigenvalue


class CopulaGaussian:
    """See the module."""

    traits = Traits(compared="always", on_codes=True)
    needed_patches = 16

    def cross_entropy(self, sample: Sample) -> CrossEntropy:
        """See `PatchEstimator`.

        As in `gaussian`, the point estimate is free of shrinkage where there are enough scenes.
        """
        scenes = sample.places.shape[1] * np.bincount(sample.fold)
        n, trained = int(scenes.sum()), int(scenes.sum() - scenes.max())
        d = sample.values_per_patch
        codes, choice = choose_distributions(sample, _shrunk_joint)
        details = codes.details | {"marginal_law": choice.name}
        step = codes.log_step_nats
        bound = choice.held_out_nats + step
        if trained < 2 * d:
            in_sample = codes.in_sample_nats(choice.models) + step
            return CrossEntropy(bound, in_sample, half_sum_weight(sample.n_folds), details)
        free = codes.models(choice.distributions, _free_joint)
        held_out, in_sample = codes.held_out_nats(free) + step, codes.in_sample_nats(free) + step
        return CrossEntropy(held_out, in_sample, wishart_weight(d, n, trained), details, bound)


def _free_joint(training: Sequence[ScoredFields]) -> list[CopulaModel]:
    return [_model(scored, *_moments(scored)) for scored in training]


def _shrunk_joint(training: Sequence[ScoredFields]) -> list[CopulaModel]:
    models = []
    for scored, (target, whitener) in zip(training, stationary_fits(training), strict=True):
        mean, covariance = _moments(scored)
        white = whitener @ covariance @ whitener.T
        rho = oas_shrinkage(white, scored.n_scenes)
        scale = float(np.trace(white)) / mean.size
        models.append(_model(scored, mean, (1 - rho) * covariance + rho * scale * target))
    return models


def _moments(scored: ScoredFields) -> tuple[Floats, Floats]:
    """(d,) mean and (d, d) covariance of patches in units of their noise."""
    sums = patch_sums(scored)
    mean = sums.first / sums.n
    return mean, sums.covariance(mean)


def _model(scored: ScoredFields, mean: Floats, covariance: Floats) -> CopulaModel:
    try:
        np.linalg.cholesky(covariance - _LEAST_SHARE * np.eye(mean.size))
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(covariance)
        covariance = (vectors * np.maximum(values, _LEAST_SHARE)) @ vectors.T
    whitener = np.tril(np.linalg.inv(np.linalg.cholesky(covariance)))
    fit = scored.in_scores(covariance, whitener)
    least = scored.least_latent_variance
    return CopulaModel.fit(scored.distributions, scored.mean_of_scores(mean), *fit, least)


ESTIMATOR = CopulaGaussian()
