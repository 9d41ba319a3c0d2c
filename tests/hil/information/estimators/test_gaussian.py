"""The parts of the Gaussian family."""

from __future__ import annotations

import numpy as np
import pytest

from hil.information.estimators.gaussian import oas_shrinkage, wishart_weight


def test_oas_shrinks_noise_and_spares_structure() -> None:
    rng = np.random.default_rng(0)
    noise = np.cov(rng.standard_normal((40, 30)).T)
    structure = np.diag(np.r_[1000.0, np.ones(29)])
    assert oas_shrinkage(noise, 40) > 0.8
    assert oas_shrinkage(structure, 10_000) < 0.01
    assert oas_shrinkage(np.eye(30), 40) == 1


@pytest.mark.parametrize("n", [60, 200])
def test_wishart_weight_is_unbiased_for_gaussian_data(n: int) -> None:
    d, rng = 16, np.random.default_rng(8)
    trained = n * 4 // 5
    errors = []
    for _ in range(400):
        y = rng.standard_normal((n, d))

        def loss(train: np.ndarray, test: np.ndarray) -> float:
            covariance = np.cov(train.T, bias=True)
            z = test - train.mean(axis=0)
            distance = np.einsum("ni,ij,nj->n", z, np.linalg.inv(covariance), z).mean()
            return float(0.5 * (np.linalg.slogdet(covariance)[1] + distance - d) / d)

        weight = wishart_weight(d, n, trained)
        errors.append(weight * loss(y[:trained], y[trained:]) + (1 - weight) * loss(y, y))
    standard_error = np.std(errors) / 20
    assert standard_error < 0.01
    assert abs(np.mean(errors)) < 4 * standard_error
