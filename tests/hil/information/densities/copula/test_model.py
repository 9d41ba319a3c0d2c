"""The copula model: its probabilities sum to one, and fine cells give the Gaussian's density."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.special import entr, ndtr
from scipy.stats import multivariate_normal

from hil.information.densities.copula.model import CopulaModel, cell_nats
from hil.information.densities.copula.normal_scores import NormalScores
from tests.hil.information.densities.copula.smooth import smooth_scenes


def coarse_model(seed: int) -> tuple[CopulaModel, int]:
    """A model of 2 x 2 pixels with 5 values, clipped at both ends and strongly correlated."""
    rng = np.random.default_rng(seed)
    latent = smooth_scenes(4000, 2, rng) + 0.3 * rng.standard_normal((4000, 2, 2))
    counts = np.clip(np.rint(1.3 * latent + 1.5), 0, 4).astype(np.uint16)
    distribution = np.bincount(counts.ravel(), minlength=5) / counts.size
    scores = NormalScores(distribution)
    z = scores.score[counts.reshape(-1, 4)]
    covariance = np.cov(z.T, bias=True)
    whitener = np.linalg.inv(np.linalg.cholesky(covariance))
    return CopulaModel.fit([scores], z.mean(axis=0), covariance, whitener), 5


def test_probabilities_of_all_patches_sum_to_one() -> None:
    model, n = coarse_model(0)
    everything = np.array(list(itertools.product(range(n), repeat=4)), dtype=np.int32)
    assert np.exp(-4 * model.nats_per_pixel(everything)).sum() == pytest.approx(1, abs=1e-5)


def test_bound_lies_above_the_entropy_of_coarse_correlated_pixels() -> None:
    model, n = coarse_model(0)
    rng = np.random.default_rng(7)
    latent = smooth_scenes(200_000, 2, rng) + 0.3 * rng.standard_normal((200_000, 2, 2))
    y = np.clip(np.rint(1.3 * latent + 1.5), 0, 4).astype(np.int32).reshape(-1, 4)
    counts = np.bincount(y @ n ** np.arange(4), minlength=n**4)
    # Miller and Madow's correction of the entropy of a histogram
    entropy = entr(counts / len(y)).sum() + ((counts > 0).sum() - 1) / (2 * len(y))
    excess = model.nats_per_pixel(y).mean() - entropy / 4
    assert 0 < excess < 0.01
    independent = entr(np.bincount(y.ravel(), minlength=n) / y.size).sum()
    assert independent - entropy / 4 > 0.2


def test_fine_cells_give_the_gaussian_density() -> None:
    rng = np.random.default_rng(5)
    sigma = 40.0
    covariance = sigma**2 * np.array([[1, 0.7, 0.3], [0.7, 1, 0.7], [0.3, 0.7, 1]])
    edges = np.arange(-250, 252) - 0.5
    distribution = np.diff(ndtr(edges / sigma))
    scores = NormalScores(distribution / distribution.sum())
    correlation = covariance / sigma**2
    model = CopulaModel.fit(
        [scores], np.zeros(3), correlation, np.linalg.inv(np.linalg.cholesky(correlation))
    )
    y = rng.multivariate_normal(np.zeros(3), covariance, 200)
    codes = np.rint(y).astype(np.int32) + 250
    expected = -multivariate_normal(np.zeros(3), covariance).logpdf(codes - 250) / 3
    assert model.nats_per_pixel(codes) == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize(
    ("low", "high"), [(-1.0, 2.0), (-40.0, -39.0), (39.0, 40.0), (-np.inf, 0.3), (5.0, np.inf)]
)
def test_cells_far_out_keep_their_digits(low: float, high: float) -> None:
    # Gauss and Legendre's rule on the density, scaled by its value at the end nearer to 0
    at = min(abs(low), abs(high)) if low * high > 0 else 0.0
    top, bottom = min(high, 45.0), max(low, -45.0)
    x, w = np.polynomial.legendre.leggauss(400)
    t = (top - bottom) / 2 * x + (top + bottom) / 2
    scaled = np.exp(-(t**2 - at**2) / 2) @ w * (top - bottom) / 2 / math.sqrt(2 * math.pi)
    expected = at**2 / 2 - math.log(scaled)
    assert cell_nats(np.array([low]), np.array([high]))[0] == pytest.approx(expected, rel=1e-6)
