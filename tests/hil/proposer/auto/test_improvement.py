"""The logarithm of the expected improvement."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.stats import norm

from hil.proposer.auto.improvement import log_expected_improvement
from hil.proposer.auto.process import Process


def of(u: float, sd: float = 1.0) -> float:
    mean = torch.tensor([u * sd], dtype=torch.double)
    return float(log_expected_improvement(mean, torch.full_like(mean, sd), 0.0))


@pytest.mark.parametrize("u", [-6.0, -1.5, -1.0, -0.99, 0.0, 2.0])
def test_it_is_the_mean_of_what_is_better(u: float) -> None:
    expected, _ = quad(lambda z: 3 * (z + u) * norm.pdf(z), -u, np.inf, epsabs=0, epsrel=1e-10)
    assert of(u, 3.0) == pytest.approx(np.log(expected), abs=1e-7)


@pytest.mark.parametrize("u", [-1e3, -9.999e3, -1.0001e4, -1e7])
def test_far_below_it_falls_as_the_density_does(u: float) -> None:
    log_density = -(u**2) / 2 - 0.5 * np.log(2 * np.pi)
    assert of(u) == pytest.approx(log_density - 2 * np.log(-u), abs=1e-5, rel=1e-12)


def test_it_is_what_botorch_says_and_slopes_are_too() -> None:
    # once the process has imported BoTorch, without the warnings of its dependencies
    from botorch.acquisition.analytic import LogExpectedImprovement

    rng = np.random.default_rng(1)
    x = rng.random((12, 2))
    model = Process(x, -((x - 0.4) ** 2).sum(axis=1), np.ones(12), 2)
    at = torch.as_tensor(rng.random((20, 2))).requires_grad_()
    ours = log_expected_improvement(*model.marginals(at), 1.2)
    theirs = LogExpectedImprovement(model, best_f=1.2)(at.unsqueeze(-2))
    assert torch.allclose(ours, theirs, rtol=1e-6, atol=1e-6)
    slopes = [torch.autograd.grad(one.sum(), at)[0] for one in (ours, theirs)]
    assert torch.allclose(*slopes, rtol=1e-5, atol=1e-5)
