"""Where training starts: the Gaussian, pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from hil.information.densities.neural.linear_start import LinearStart, fit_linear_start

RNG = np.random.default_rng(0)
FACTOR = np.linalg.cholesky(np.exp(-np.abs(np.subtract.outer(range(9), range(9))) / 2))
T = (RNG.standard_normal((4000, 9)) @ FACTOR.T + 3).astype(np.float32)


@pytest.fixture(scope="module")
def start() -> LinearStart:
    return fit_linear_start(T[:3000], T[3000:], 3, 1)


def test_residuals_are_white_and_predictions_know_the_past_alone(start: LinearStart) -> None:
    predicted, z = start.split(T)
    assert np.cov(z.T) == pytest.approx(np.eye(9), abs=0.15)
    changed = T.copy()
    changed[:, 5:] += 7
    assert start.split(changed)[0][:, :6] == pytest.approx(predicted[:, :6])


def test_standard_normal_residuals_are_the_gaussian(start: LinearStart) -> None:
    _, z = start.split(T[:50])
    log_q = -0.5 * (z.astype(float) ** 2 + np.log(2 * np.pi)).sum(axis=1) + start.log_slope.sum()
    inverse = np.linalg.inv(start.whitener)
    expected = multivariate_normal(start.mean[0], inverse @ inverse.T).logpdf(T[:50])
    assert log_q == pytest.approx(expected, rel=1e-4)


def test_few_patches_lean_on_the_lags_and_classes_have_means_of_their_own() -> None:
    few = fit_linear_start(T[:8], T[3000:], 3, 1)
    assert few.stationary_share > 0
    label = RNG.integers(2, size=4000)
    apart = (T + 10 * label[:, None]).astype(np.float32)
    found = fit_linear_start(apart[:3000], apart[3000:], 3, 1, labels=(label[:3000], label[3000:]))
    assert (found.mean[1] - found.mean[0]).mean() == pytest.approx(10, abs=0.2)
