"""A mixture of scenes under known noise: its density against the sum over scenes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm, poisson

from hil.information.densities.mixture.model import TemplateMixture
from hil.information.densities.mixture.noise_kernel import GaussianKernel, PoissonKernel

RNG = np.random.default_rng(0)
MEANS = RNG.uniform(2, 20, (3, 4))
WEIGHTS = np.array([0.5, 0.3, 0.2])


def expected(log_p: np.ndarray) -> np.ndarray:
    """From ln p of each patch's pixels under each scene, (n, K, d)."""
    return -np.log(np.exp(log_p.sum(axis=2)) @ WEIGHTS) / 4


def test_counts_have_the_density_of_the_sum() -> None:
    y = RNG.poisson(8.0, (40, 4)).astype(float)
    found = TemplateMixture(PoissonKernel(), MEANS, np.log(WEIGHTS)).nats_per_pixel(y)
    assert found == pytest.approx(expected(poisson(MEANS).logpmf(y[:, None])), rel=1e-6)


def test_one_scene_is_the_noise_itself() -> None:
    y = MEANS[:1] + 2 * RNG.standard_normal((20_000, 4))
    kernel = GaussianKernel(2.0, 9.0, False)
    one = TemplateMixture(kernel, MEANS[:1], np.zeros(1)).nats_per_pixel(y)
    assert one == pytest.approx(-norm(MEANS[0], 2).logpdf(y).mean(axis=1), rel=1e-6)
    assert one.mean() == pytest.approx(0.5 * math.log(2 * math.pi * math.e * 4), abs=0.01)
