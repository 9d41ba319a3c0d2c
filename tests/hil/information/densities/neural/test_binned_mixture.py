"""Mixtures read off in bins: finite gradients, far tails."""

from __future__ import annotations

import math

import pytest
import torch

from hil.information.densities.neural.binned_mixture import FAR, log_density, log_probability


@pytest.mark.parametrize("scale", [0.02, 0.3, 3.0, 30.0])
def test_bins_hold_what_the_density_integrates_to(scale: float) -> None:
    draw = torch.Generator().manual_seed(1)
    log_pi = torch.log_softmax(torch.randn(3, 1, generator=draw), 0)
    mu, s = torch.randn(3, 1, generator=draw), torch.exp(0.5 * torch.randn(3, 1, generator=draw))
    z = torch.linspace(-4, 4, 9)
    half = torch.full_like(z, scale / 2)
    found = log_probability(z, half, half, log_pi, mu, s).double().exp()
    offset = (torch.arange(2000) + 0.5) / 2000 * scale - scale / 2
    fine = log_density((z[:, None] + offset).reshape(-1), log_pi, mu, s).double().exp()
    assert torch.allclose(found, fine.view(9, -1).mean(1) * scale, rtol=3e-3)


@pytest.mark.parametrize("away", [3.0, 12.0, 40.0])
def test_far_tails_keep_their_gradients(away: float) -> None:
    one = torch.zeros(1, 2)
    mu = torch.zeros(1, 2, requires_grad=True)
    z, half = torch.tensor([away, -away]), torch.tensor([0.5, 0.5])
    log_p = log_probability(z, half, half, one, mu, one + 1)
    log_p.sum().backward()
    assert torch.allclose(log_p[0], log_p[1])
    assert mu.grad is not None
    # d log P / d mu tends to the nearer end's distance
    assert mu.grad[0, 0] == pytest.approx(away, abs=0.6)


@pytest.mark.parametrize("at", [-60.0, -3.0, 0.0, 3.0, 60.0])
@pytest.mark.parametrize("end", ["below", "above", "both"])
def test_open_bins_have_finite_gradients(at: float, end: str) -> None:
    z = torch.tensor([at])
    below = torch.tensor([FAR if end != "above" else 0.3])
    above = torch.tensor([FAR if end != "below" else 0.3])
    mu = torch.zeros(2, 1, requires_grad=True)
    s = torch.tensor([[1.0], [0.01]], requires_grad=True)
    log_p = log_probability(z, below, above, torch.full((2, 1), -math.log(2)), mu, s)
    log_p.sum().backward()
    assert mu.grad is not None and s.grad is not None
    assert torch.isfinite(log_p).all() and log_p[0] <= 1e-6
    assert torch.isfinite(mu.grad).all() and torch.isfinite(s.grad).all()
