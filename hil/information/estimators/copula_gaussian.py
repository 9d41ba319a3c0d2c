"""Any law of one pixel, joined by the correlations of a Gaussian with any covariance.

`copula` for frames cut to objects, apertures or templates, where statistics depend on the place in
the patch: the scores have a mean and a covariance of their own at each place, shrunk towards the
stationary one by OAS. The law of one pixel stays the same everywhere, as a table.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hil.information.coded_sample import CodedSample
from hil.information.copula_model import CopulaModel
from hil.information.estimators.copula import doubly_toeplitz, score_autocovariance
from hil.information.estimators.gaussian import oas_shrinkage, wishart_weight
from hil.information.estimators.registry import CrossEntropy, half_sum_weight
from hil.information.levinson import whiten_doubly_toeplitz
from hil.information.normal_scores import NormalScores
from hil.information.sample import Sample

Floats = NDArray[np.float64]

_LEAST_SHARE = 0.05  # of the noise's variance, below which chance brings no eigenvalue


class CopulaGaussian:
    """See the module."""

    needed_patches = 16

    def cross_entropy(self, sample: Sample) -> CrossEntropy:
        """See `PatchEstimator`.

        As in `gaussian`, the point estimate is free of shrinkage where there are enough scenes.
        """
        codes = CodedSample.of(sample)
        scenes = codes.patches.shape[1] // sample.n_repeats * np.bincount(sample.fold)
        n, trained = int(scenes.sum()), int(scenes.sum() - scenes.max())
        d = sample.patch_size**2
        free = trained >= 2 * d
        choice = codes.chosen_laws(_shrunk_joint)
        law, *laws = choice.laws
        bound = choice.held_out_nats
        in_sample = codes.model(law, None, _free_joint) if free else choice.in_sample
        held_out = codes.held_out_nats(laws, _free_joint) if free else bound
        in_sample_nats = in_sample.nats_per_pixel(codes.patches)
        details = codes.details | {"marginal_law": law.name}
        step = codes.coding.log_step_nats
        bound, in_sample_nats = bound + step, in_sample_nats + step
        if not free:
            weight = half_sum_weight(sample.n_folds)
            return CrossEntropy(bound, in_sample_nats, weight, details)
        weight = wishart_weight(d, n, trained)
        return CrossEntropy(held_out + step, in_sample_nats, weight, details, bound)


def _shrunk_joint(scores: NormalScores, sample: Sample) -> CopulaModel:
    return _joint(scores, sample, shrink=True)


def _free_joint(scores: NormalScores, sample: Sample) -> CopulaModel:
    return _joint(scores, sample, shrink=False)


def _joint(scores: NormalScores, sample: Sample, *, shrink: bool) -> CopulaModel:
    patches = sample.patches.reshape(-1, sample.patch_size**2)
    mean = patches.mean(axis=0, dtype=np.float64)
    scatter = (patches.T @ patches).astype(np.float64) / patches.shape[0]
    covariance: Floats = scatter - np.outer(mean, mean)
    if shrink:
        c = score_autocovariance(sample)
        target = doubly_toeplitz(c)
        whitener, _ = whiten_doubly_toeplitz(c)
        white = whitener @ covariance @ whitener.T
        # repeats show the same scenes again: they are not new samples of what varies
        rho = oas_shrinkage(white, patches.shape[0] // sample.n_repeats)
        scale = float(np.trace(white)) / mean.size
        covariance = (1 - rho) * covariance + rho * scale * target
    least = _LEAST_SHARE * sample.noise_variance_adu2
    try:
        np.linalg.cholesky(covariance - least * np.eye(mean.size))
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(covariance)
        covariance = (vectors * np.maximum(values, least)) @ vectors.T
    whitener = np.tril(np.linalg.inv(np.linalg.cholesky(covariance)))
    return CopulaModel.fit(scores, mean, covariance, whitener)


ESTIMATOR = CopulaGaussian()
