"""-log density of patches: SciPy's, in single precision."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from hil.information.densities.stationary.gaussian_density import GaussianModel

COVARIANCE = np.array([[4.0, 1.5, 0.5], [1.5, 3.0, 1.0], [0.5, 1.0, 2.0]])
MEAN = np.array([0.5, -1.0, 2.0])


@pytest.fixture
def model() -> GaussianModel:
    return GaussianModel.from_cholesky(MEAN, np.linalg.cholesky(COVARIANCE))


def test_it_is_the_gaussians_density(model: GaussianModel) -> None:
    y = np.random.default_rng(0).normal(0, 3, (50, 3)).astype(np.float32)
    expected = -multivariate_normal(MEAN, COVARIANCE).logpdf(y) / 3
    assert model.nats_per_pixel(y) == pytest.approx(expected, rel=1e-5)
    assert model.log_det == pytest.approx(np.linalg.slogdet(COVARIANCE)[1])


def test_leading_axes_are_kept(model: GaussianModel) -> None:
    y = np.zeros((4, 5, 3), np.float32)
    assert model.nats_per_pixel(y).shape == (4, 5)


def test_read_at_integers_it_is_a_probability(model: GaussianModel) -> None:
    line = np.arange(-18, 19)
    every = np.stack(np.meshgrid(line, line, line, indexing="ij"), axis=-1).reshape(-1, 3)
    total = np.exp(-3 * model.nats_per_pixel(every.astype(np.float32))).sum()
    assert total == pytest.approx(1, abs=1e-4)
