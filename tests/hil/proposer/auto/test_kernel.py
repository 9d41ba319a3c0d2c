"""The kernel, and the slopes of its hyperparameters."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.optimize import approx_fprime

from drivers.types import Floats
from hil.proposer.auto.kernel import NAMES, Posterior, kernel, named, variance


def points(n: int, n_fields: int, seed: int, n_sessions: int = 0) -> torch.Tensor:
    rng = np.random.default_rng(seed)
    fields = rng.dirichlet(np.ones(n_fields), size=n) if n_fields else np.zeros((n, 0))
    sessions = np.eye(n_sessions + 1)[np.arange(n) % (n_sessions + 1), 1:]
    return torch.as_tensor(np.hstack([rng.random((n, 3)), fields, sessions]))


def hyperparameters(seed: int, n_sessions: int = 0) -> torch.Tensor:
    n = len(NAMES) - 2 + n_sessions + 3
    return torch.as_tensor(np.random.default_rng(seed).normal(scale=0.5, size=n))


@pytest.mark.parametrize("n_fields", [0, 4])
@pytest.mark.parametrize(("seed", "n_sessions"), [(1, 0), (2, 2)])
def test_slopes_are_those_of_the_posterior(n_fields: int, seed: int, n_sessions: int) -> None:
    x = points(12, n_fields, seed, n_sessions)
    rng = np.random.default_rng(seed)
    known = Posterior(
        x,
        torch.as_tensor(rng.normal(size=12)),
        torch.as_tensor(rng.uniform(0.5, 2, size=12)),
        hyperparameters(5, n_sessions),
        torch.ones(len(NAMES) + 1 + n_sessions, dtype=torch.double),
        n_sessions,
    )
    at = hyperparameters(seed, n_sessions).numpy()
    _, slopes = known.downhill(at)

    def height(inner: Floats) -> float:
        return known.downhill(inner)[0]

    differences = approx_fprime(at, height, 1e-6)
    assert np.allclose(slopes, differences, rtol=1e-4, atol=1e-4)


def test_the_prior_variance_is_the_diagonal() -> None:
    own, x = named(hyperparameters(3, 2), 2), points(9, 2, 3, 2)
    assert np.allclose(variance(own, x), kernel(own, x, x).diagonal(), rtol=1e-6)


def test_a_covariance_has_no_negative_eigenvalue() -> None:
    own, x = named(hyperparameters(4, 1), 1), points(30, 3, 4, 1)
    covariance = kernel(own, x, x)
    assert np.allclose(covariance, covariance.T)
    assert torch.linalg.eigvalsh(covariance).min() > -1e-8
