"""Linear prediction of each value of a patch from the earlier ones, all at once.

u : (n, d) patches in the stabilised coordinate     S : (d, d) their covariance, not below the noise
W : (d, d) lower triangular, W S W^T = I            e = W (u - m), errors over their deviations

The rows of W are the predictors: u_i - s_i e_i is what the earlier values say of u_i, with standard
deviation s_i = 1 / W_ii. They are exactly the conditionals of a Gaussian with covariance S.

Predictions are computed from the earlier values alone, by R = I - diag(s) W, whose diagonal is 0:
of u - s e the last digits would tell u, and on flat fields a class of pixels is made of nothing
else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drivers.types import Floats
from hil.information.densities.predictive.cells import Singles
from hil.information.densities.stationary.autocovariance import fold_moments, lag_sums
from hil.information.densities.stationary.channel_model import ChannelTraining
from hil.information.densities.stationary.fit import fitted
from hil.information.densities.stationary.fold_sums import training_sums
from hil.information.densities.stationary.toeplitz import doubly_toeplitz
from hil.information.sample.sample import Sample


@dataclass(frozen=True)
class LinearPredictor:
    """See the module.

    Parameters
    ----------
    mean
        (d,) m.
    covariance
        (d, d) S.
    regression
        (d, d) R.
    sd
        (d,) s.
    """

    mean: Floats
    covariance: Floats
    regression: Singles
    sd: Singles

    @classmethod
    def of(cls, mean: Floats, covariance: Floats) -> LinearPredictor:
        """Factor a covariance."""
        return cls(mean, covariance, *regression(whitener(covariance)))

    def predict(self, u: Singles) -> Singles:
        """Predict each value of patches (n, d) from the earlier ones."""
        mean = self.mean.astype(np.float32)
        about: Singles = np.subtract(u, mean, dtype=np.float32)
        result: Singles = about @ self.regression.T
        result += mean
        return result


def regression(w: Floats) -> tuple[Singles, Singles]:
    """R and s of whiteners (..., d, d)."""
    sd = 1 / np.diagonal(w, axis1=-2, axis2=-1)
    rows = (-sd[..., None] * w).astype(np.float32, order="C")
    diagonal = np.arange(w.shape[-1])
    rows[..., diagonal, diagonal] = 0
    return rows, sd.astype(np.float32)


def whitener(covariance: Floats) -> Floats:
    """Inverse of the Cholesky factor.

    Raises
    ------
    numpy.linalg.LinAlgError
        Where ``covariance`` is not positive definite.
    """
    from scipy.linalg.lapack import dpotrf, dtrtri

    factor, failed = dpotrf(covariance.T, lower=1)  # above the diagonal it leaves zeros
    if failed:
        raise np.linalg.LinAlgError("the covariance is not positive definite")
    inverse: Floats = dtrtri(factor, lower=1, overwrite_c=1)[0]
    return inverse


def stationary_predictors(stabilised: Sample) -> list[LinearPredictor]:
    """Predict by a covariance of the lag alone, fitted to all fields but each fold's."""
    d = stabilised.values_per_patch
    if stabilised.n_channels > 1:
        training = ChannelTraining(stabilised)
        return [
            LinearPredictor.of(mean, covariance)
            for mean, covariance in zip(training.means[1:], training.covariances[1:], strict=True)
        ]
    sums = training_sums(lag_sums(stabilised))
    models = fitted(sums, 1.0, lambda: training_sums(fold_moments(stabilised)))
    pairs = list(zip(sums, models, strict=True))[1:]
    return [
        LinearPredictor.of(np.full(d, one.mean + stabilised.mean_adu), doubly_toeplitz(model.c))
        for one, model in pairs
    ]
