"""The light behind a histogram: the best fit, smooth where it may be, one light where it is one."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.noise.entropy.mixing_distribution import fit_mixing

GRID = np.arange(1.0, 12.01, 0.1)
COUNTS = np.arange(40)


def poisson_distribution(lambda_e: np.ndarray) -> np.ndarray:
    factorial = np.array([math.lgamma(k + 1) for k in COUNTS])
    return np.exp(COUNTS * np.log(lambda_e[:, None]) - lambda_e[:, None] - factorial)


@pytest.mark.parametrize("lambda_e", [3.0, 5.02, 8.37])
def test_one_light_is_found_between_points_of_the_grid(lambda_e: float) -> None:
    distribution = poisson_distribution(np.array([lambda_e]))[0]
    mixing = fit_mixing(poisson_distribution(GRID), 1e6 * distribution)
    assert mixing.mean(GRID) == pytest.approx(lambda_e, abs=0.002)
    spread = mixing.mean(GRID**2) - mixing.mean(GRID) ** 2
    # a variance of lambda that would not show: the noise's is so uncertain
    assert spread == pytest.approx(0, abs=lambda_e * math.sqrt(2 / 1e6))
    assert mixing.weights.min() > 0
    assert mixing.weights.sum() == pytest.approx(1)


def test_two_lights_are_not_one() -> None:
    distribution = (
        0.7 * poisson_distribution(np.array([2.0]))[0]
        + 0.3 * poisson_distribution(np.array([9.0]))[0]
    )
    mixing = fit_mixing(poisson_distribution(GRID), 1e6 * distribution)
    assert mixing.mean(GRID) == pytest.approx(4.1, abs=0.01)
    assert mixing.mean((GRID < 5.0).astype(float)) == pytest.approx(0.7, abs=0.01)


def test_never_fits_worse_than_em_does() -> None:
    rng = np.random.default_rng(0)
    likelihood = rng.dirichlet(np.ones(20), 12)
    counts = rng.multinomial(5000, rng.dirichlet(np.ones(20))).astype(float)
    weights = np.full(12, 1 / 12)
    for _ in range(5000):
        weights *= likelihood @ (counts / counts.sum() / (weights @ likelihood))

    def fit(w: np.ndarray) -> float:
        return float(counts @ np.log(w @ likelihood))

    # the prior is worth ten pixels
    assert fit(fit_mixing(likelihood, counts).weights) >= fit(weights) - 15


def test_what_the_pixels_do_not_tell_apart_is_shared_and_its_deviation_is_large() -> None:
    likelihood = np.repeat(np.array([[0.8, 0.2], [0.2, 0.8]]), 5, axis=0)
    mixing = fit_mixing(likelihood, np.array([5000.0, 5000.0]))
    assert mixing.weights == pytest.approx(np.full(10, 0.1), rel=1e-3)
    told = np.repeat([0.0, 1.0], 5)
    untold = np.tile([0.0, 0.0, 0.0, 0.0, 1.0], 2)
    # chance alone: the mean of a coin with half the chances in 0.2 .. 0.8
    assert mixing.mean_sd(told) == pytest.approx(0.5 / math.sqrt(1e4) / 0.6, rel=0.05)
    assert mixing.mean_sd(untold) > 0.1


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e12])
def test_any_number_of_pixels_is_fitted(scale: float) -> None:
    distribution = poisson_distribution(np.array([5.0]))[0]
    mixing = fit_mixing(poisson_distribution(GRID), scale * distribution)
    assert np.isfinite(mixing.weights).all()
    assert math.isfinite(mixing.mean_sd(GRID))
