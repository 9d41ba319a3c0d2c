"""What a fit leaves of each trial, against what noise and the scenes' freedom leave."""

from __future__ import annotations

import torch

from hil.twin.likelihood import Likelihood
from hil.twin.scenes import SceneSolver
from hil.twin.twin import Residual

_EVERY = 5


def freedom(likelihood: Likelihood, values: torch.Tensor, seed: int = 0) -> list[torch.Tensor]:
    """Draw how much of each pixel's weighted square the scenes' fit takes, each trial."""
    if likelihood.known is not None:
        return [torch.zeros_like(w) for w in likelihood.weights]
    with torch.no_grad():
        optics = likelihood.optics(values)
        rng = torch.Generator().manual_seed(seed)
        x = torch.fft.rfft2(likelihood.solver(values).fluctuation(rng))
        return [w * optics.image(t, x).square() for t, w in enumerate(likelihood.weights)]


def residuals(
    likelihood: Likelihood, values: torch.Tensor, d: torch.Tensor
) -> tuple[Residual, ...]:
    """Compare what is left of each trial with what noise leaves, scenes fitted to it included."""
    with torch.no_grad():
        optics = likelihood.optics(values)
        spectrum = torch.fft.rfft2(likelihood.scenes(d))
        taken = freedom(likelihood, values)
        outside = {} if likelihood.known is not None else left_out(likelihood, values)
        rows = []
        for trial, one in enumerate(likelihood.data):
            r = likelihood.weights[trial].sqrt() * (one.y - optics.expected(trial, spectrum))
            expected = max(float(one.usable.sum()) - float(taken[trial].sum()), 1.0)
            ratio = float(r.square().sum()) / expected
            rows.append(Residual(trial, ratio, outside.get(trial, float("nan")), _alike(r)))
    return tuple(rows)


def _alike(r: torch.Tensor) -> float:
    """Correlation of neighbouring pixels; that of noise is 0, or less where it went into scenes."""
    down, across = r[..., 1:, :] * r[..., :-1, :], r[..., 1:] * r[..., :-1]
    return float((down.mean() + across.mean()) / 2 / r.square().mean().clamp(min=1e-30))


def left_out(likelihood: Likelihood, values: torch.Tensor) -> dict[int, float]:
    """Predict trials from scenes that were found without them."""
    n = len(likelihood.data)
    if n < 3:
        return {}
    out = list(range(_EVERY // 2, n, _EVERY)) or [n - 1]
    whole = likelihood.optics(values)
    weights = [
        torch.zeros_like(w) if trial in out else w for trial, w in enumerate(likelihood.weights)
    ]
    assert likelihood.prior is not None
    solver = SceneSolver(likelihood.data, whole, weights, likelihood.prior)
    spectrum = torch.fft.rfft2(likelihood.scenes(solver.solve()))
    x = torch.fft.rfft2(solver.fluctuation(torch.Generator().manual_seed(1)))
    found = {}
    for trial in out:
        one, w = likelihood.data[trial], likelihood.weights[trial]
        left = float((w * (one.y - whole.expected(trial, spectrum)).square()).sum())
        unsure = float((w * whole.image(trial, x).square()).sum())
        found[trial] = left / (float(one.usable.sum()) + unsure)
    return found
