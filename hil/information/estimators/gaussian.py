"""The Gaussian with any covariance, shrunk towards the stationary one.

z : patches whitened by the stationary fit; were it right, z would have covariance I
C : (d, d) covariance of z, shrunk towards (tr C / d) I by OAS (Chen, Wiesel, Eldar, Hero, IEEE Trans.
    Signal Processing 2010, eq. 23)

For frames cut to objects, apertures or templates, where the covariance depends on the place in the
patch. d (d + 1) / 2 parameters ask for thousands of patches.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np
from numpy.typing import NDArray

from hil.information.autocovariance import LagSums, lag_sums
from hil.information.estimators.registry import CrossEntropy
from hil.information.estimators.stationary import stationary_model
from hil.information.gaussian_score import GaussianModel
from hil.information.sample import Sample

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _PatchSums:
    """Sums over patches of one fold or several: sum of y, of y y^T, and how many scenes."""

    first: Floats
    second: Floats
    n_patches: int
    n_scenes: int

    def __add__(self, other: _PatchSums) -> _PatchSums:
        return _PatchSums(
            self.first + other.first,
            self.second + other.second,
            self.n_patches + other.n_patches,
            self.n_scenes + other.n_scenes,
        )

    def __sub__(self, other: _PatchSums) -> _PatchSums:
        return _PatchSums(
            self.first - other.first,
            self.second - other.second,
            self.n_patches - other.n_patches,
            self.n_scenes - other.n_scenes,
        )


class Gaussian:
    """See the module."""

    needed_patches = 16

    def cross_entropy(self, sample: Sample) -> CrossEntropy:
        """See `PatchEstimator`."""
        lags = lag_sums(sample)
        sums = [_patch_sums(sample, fold) for fold in range(sample.n_folds)]
        all_lags, all_sums = reduce(add, lags), reduce(add, sums)
        model, shrinkage = _fit(all_lags, all_sums, sample)
        in_sample = model.nats_per_pixel(sample.patches)
        held_out = np.empty_like(in_sample)
        for fold in range(sample.n_folds):
            model, _ = _fit(all_lags - lags[fold], all_sums - sums[fold], sample)
            members = sample.fold == fold
            held_out[members] = model.nats_per_pixel(sample.patches[members])
        return CrossEntropy(held_out, in_sample, {"shrinkage": shrinkage})


def oas_shrinkage(covariance: Floats, n: int) -> float:
    """Weight of (tr C / d) I that OAS gives for ``n`` samples, 0 to 1."""
    d = covariance.shape[0]
    trace2 = float(np.trace(covariance)) ** 2
    squares = float(np.sum(covariance**2))
    distance = (n + 1 - 2 / d) * (squares - trace2 / d)
    if distance <= 0:
        return 1.0
    return min(1.0, ((1 - 2 / d) * squares + trace2) / distance)


def _patch_sums(sample: Sample, fold: int) -> _PatchSums:
    patches = sample.patches[sample.fold == fold].reshape(-1, sample.patch_size**2)
    return _PatchSums(
        patches.sum(axis=0, dtype=np.float64),
        (patches.T @ patches).astype(np.float64),
        patches.shape[0],
        patches.shape[0] // sample.n_repeats,
    )


def _fit(lags: LagSums, sums: _PatchSums, sample: Sample) -> tuple[GaussianModel, float]:
    stationary = stationary_model(lags, sample)
    whitener = stationary.whitener
    mean = sums.first / sums.n_patches
    covariance = sums.second / sums.n_patches - np.outer(mean, mean)
    whitened = whitener @ covariance @ whitener.T
    d = mean.size
    # repeats show the same scenes again: they are not new samples of what varies
    rho = oas_shrinkage(whitened, sums.n_scenes)
    shrunk = (1 - rho) * whitened + rho * float(np.trace(whitened)) / d * np.eye(d)
    inner = GaussianModel.from_cholesky(np.zeros(d), np.linalg.cholesky(shrunk))
    model = GaussianModel(
        mean, inner.whitener @ whitener, inner.log_det + stationary.log_det
    )
    return model, rho


ESTIMATOR = Gaussian()
