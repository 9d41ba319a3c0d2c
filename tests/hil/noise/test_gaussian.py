"""Gaussian noise on rounded and on real values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ndtr
from scipy.stats import entropy

from hil.noise import (
    GaussianNoise,
)


@pytest.mark.parametrize("sigma", [0.3, 0.5, 1.0, 1.99, 2.01, 30.0])
def test_rounded_gaussian_entropy_is_the_mean_over_its_phase(sigma: float) -> None:
    phase = np.random.default_rng(0).random(400)
    k = np.arange(-400, 400)
    cdf = ndtr((k[:, None] + 0.5 - phase) / sigma)
    truth = entropy(np.diff(cdf, axis=0).clip(0), axis=0)
    found = GaussianNoise(sigma).entropy_phi_nats(np.zeros(3, dtype=int), True)
    assert found == pytest.approx(truth.mean(), abs=4 * truth.std() / 20 + 1e-7)


def test_gaussian_on_real_values_is_the_differential_entropy() -> None:
    found = GaussianNoise(3.0).entropy_phi_nats(np.zeros((2, 2)), False)
    assert found == pytest.approx(0.5 * math.log(2 * math.pi * math.e * 9))


def test_gaussian_noise_draws_what_it_says() -> None:
    y = GaussianNoise(7).sample(np.full(200_000, 50.0), np.random.default_rng(0))
    assert (y.mean(), y.std()) == pytest.approx((50, 7), abs=0.05)
