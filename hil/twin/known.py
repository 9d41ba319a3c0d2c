"""Unknowns fitted where the scenes are known: weighted least squares (Levenberg and Marquardt).

r : residuals times the root of their weights; J its derivatives, by differences
    step = -(J'J + damping diag J'J)^-1 J' r
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from hil.twin.likelihood import Likelihood
from hil.twin.optimise import Optimum
from sim.parts.unknown import SceneOptics, Unknown

_ROUNDS = 25
_ENOUGH = 0.05  # standard deviations
_AHEAD = 0.02  # scales, for differences
_DAMPING = (1e-3, 1e8)


def least_squares(
    likelihood: Likelihood, unknowns: Sequence[Unknown], start: torch.Tensor
) -> Optimum:
    """Go to the least squares; `likelihood` has `known` scenes."""
    low, high, scale = (
        torch.tensor([getattr(one, end) for one in unknowns], dtype=torch.float64)
        for end in ("low", "high", "scale")
    )
    values, damping = start, _DAMPING[0]
    still = torch.zeros(1)
    converged, rounds = False, 0
    while not converged and rounds < _ROUNDS:
        rounds += 1
        gradient, curvature = normal(likelihood, values, (_AHEAD * scale).tolist())
        loss, there = misfit(likelihood, values), values
        while damping < _DAMPING[1]:
            there = torch.minimum(
                torch.maximum(values + _step(curvature, gradient, damping), low), high
            )
            if misfit(likelihood, there) <= loss:
                break
            damping *= 8
        sd = torch.hypot(curvature.diagonal().clamp(min=1e-30).rsqrt(), 1e-3 * scale)
        converged = float(((there - values).abs() / sd).max()) < _ENOUGH
        values, damping = there, max(damping / 8, 1e-9)
        likelihood.learn(values, still)
    _, curvature = normal(likelihood, values, (_AHEAD * scale).tolist())
    return Optimum(values, curvature, still, rounds, converged)


def _step(curvature: torch.Tensor, gradient: torch.Tensor, damping: float) -> torch.Tensor:
    damped = curvature + torch.diag(damping * curvature.diagonal().clamp(min=1e-30))
    found: torch.Tensor = torch.linalg.lstsq(damped, gradient[:, None], driver="gelsd").solution
    return -found[:, 0]


def misfit(likelihood: Likelihood, values: torch.Tensor) -> float:
    """Give half of r'r."""
    total = 0.0
    with torch.no_grad():
        optics, spectrum = likelihood.optics(values), _spectrum(likelihood)
        for trial, (one, w) in enumerate(zip(likelihood.data, likelihood.weights, strict=True)):
            off = one.y - optics.expected(trial, spectrum)
            total += 0.5 * float((w * off.square()).sum(dtype=torch.float64))
    return total


def normal(
    likelihood: Likelihood, values: torch.Tensor, steps: Sequence[float]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Give J'r and J'J."""
    n = len(values)
    gradient, curvature = torch.zeros(n).double(), torch.zeros(n, n).double()
    with torch.no_grad():
        spectrum, here = _spectrum(likelihood), likelihood.optics(values)
        there = [likelihood.optics(_ahead(values, place, step)) for place, step in enumerate(steps)]
        for trial, (one, w) in enumerate(zip(likelihood.data, likelihood.weights, strict=True)):
            root, image = w.sqrt(), here.expected(trial, spectrum)
            off = (root * (image - one.y)).flatten().double()
            rows = [
                (root * (other.expected(trial, spectrum) - image)).flatten().double() / step
                for other, step in zip(there, steps, strict=True)
            ]
            j = torch.stack(rows)
            gradient += j @ off
            curvature += j @ j.T
    return gradient, curvature


def start_of_light(
    likelihood: Likelihood, optics: SceneOptics, values: torch.Tensor
) -> torch.Tensor:
    """Begin with the light and the haze that frames of a known scene tell at once."""
    light, haze = optics.light
    ones = values.clone()
    ones[light], ones[haze] = 1.0, 0.0
    with torch.no_grad():
        response = likelihood.optics(ones)
        spectrum = _spectrum(likelihood)
        flat = torch.fft.rfft2(torch.ones_like(likelihood.scenes(torch.zeros(1))))
        rows, right = [], []
        for trial, one in enumerate(likelihood.data):
            image = response.image(trial, spectrum)
            even = response.image(trial, flat)
            root = likelihood.weights[trial].sqrt()
            rows.append(torch.stack([(root * image).flatten(), (root * even).flatten()]).double())
            right.append((root * (one.y - response.even_e[trial])).flatten().double())
        a, b = torch.cat(rows, dim=1), torch.cat(right)
        found = torch.linalg.solve(a @ a.T, a @ b)
    begun = values.clone()
    begun[light] = found[0].clamp(min=1e-6)
    begun[haze] = (found[1] / begun[light]).clamp(min=0)
    return begun


def _spectrum(likelihood: Likelihood) -> torch.Tensor:
    spectrum: torch.Tensor = torch.fft.rfft2(likelihood.scenes(torch.zeros(1)))
    return spectrum


def _ahead(values: torch.Tensor, place: int, step: float) -> torch.Tensor:
    moved = values.clone()
    moved[place] += step
    return moved
