"""From a start to the most likely values, with what is known of them.

A few steps of quasi-Newton on the windowed likelihood, then Newton steps on the whole one. Values
are scaled by what each unknown says shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from hil.twin.likelihood import Likelihood, Slope
from hil.twin.start import WindowedLikelihood, differences
from sim.parts.unknown import Unknown

APPROXIMATION_SCALES = 0.04
"""What the fit's own approximations err an unknown by, about, in its scale: no interval is shorter.
`benchmarks/twins.py` shows how often intervals hold."""
PRIOR_SCALES = 30.0
"""What the frames do not tell is known to so many scales."""
_ROUNDS = 24
_ENOUGH = 0.2  # standard deviations from one round to the next
_NOT_YET = 1.0  # and more than so many after the last round is no end
_LONGEST = 2.0  # scales of one step
_WEAKEST = 1e-9
_AHEAD = 0.2  # scales, for differences


@dataclass(slots=True)
class Optimum:
    """Where the likelihood is largest.

    Parameters
    ----------
    values
        Of the unknowns.
    curvature
        (unknowns, unknowns) second derivatives of minus the log likelihood there.
    d
        The scenes less their mean.
    rounds
        How many Newton steps there were.
    converged
        Whether the last one was short.
    """

    values: torch.Tensor
    curvature: torch.Tensor
    d: torch.Tensor
    rounds: int
    converged: bool


def windowed(
    likelihood: Likelihood, unknowns: Sequence[Unknown], start: torch.Tensor, most: int = 60
) -> tuple[torch.Tensor, torch.Tensor]:
    """Find the values at which windowed frames are most likely, and the curvature there."""
    q = likelihood.windowed(start)
    values, _ = descended(q, unknowns, start, most)
    return values, bend(q, unknowns, values)


def descended(
    q: WindowedLikelihood, unknowns: Sequence[Unknown], start: torch.Tensor, most: int
) -> tuple[torch.Tensor, float]:
    """Go down to where Q has a minimum, in at most so many steps, and give Q there."""
    from scipy.optimize import Bounds, minimize

    scale = np.array([one.scale for one in unknowns])

    def scaled(x: NDArray[np.float64]) -> tuple[Any, Any]:
        value, gradient = q.gradient(torch.from_numpy(x * scale))
        return value, gradient.numpy() * scale

    bounds = Bounds(
        [one.low / one.scale for one in unknowns], [one.high / one.scale for one in unknowns]
    )
    options: Any = {"maxiter": most, "ftol": 1e-7}
    found = minimize(
        scaled,
        np.asarray(start.numpy() / scale),
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options=options,
    )
    return torch.from_numpy(found.x * scale), float(found.fun)


def bend(q: WindowedLikelihood, unknowns: Sequence[Unknown], values: torch.Tensor) -> torch.Tensor:
    """Give Q's second derivatives."""
    return q.curvature(values, [_AHEAD * one.scale for one in unknowns])


def newton(
    likelihood: Likelihood,
    unknowns: Sequence[Unknown],
    start: torch.Tensor,
    curvature: torch.Tensor,
    d: torch.Tensor | None,
) -> Optimum:
    """Go to the maximum of the whole likelihood, learning weights and prior on the way."""
    values, exact = start, False
    low, high = (
        torch.tensor([getattr(one, end) for one in unknowns], dtype=torch.float64)
        for end in ("low", "high")
    )
    scale = torch.tensor([one.scale for one in unknowns], dtype=torch.float64)
    floor = APPROXIMATION_SCALES * scale
    converged, number = False, 0
    last: tuple[torch.Tensor, torch.Tensor] | None = None
    for number in range(1, _ROUNDS + 1):
        slope = likelihood.slope(values, d)
        d = slope.d
        if last is not None and not exact:
            curvature = _updated(curvature, values - last[0], slope.gradient - last[1])
        step = newton_step(curvature, slope.gradient, scale)
        short = float((step.abs() / torch.hypot(sds(curvature, scale), floor)).max())
        longest = float((step.abs() / scale).max())
        if short < _ENOUGH and exact:
            converged = True
            break
        if (longest < 0.1 and not exact) or (number == _ROUNDS - 2 and not exact):
            curvature = _exact(likelihood, unknowns, values, slope)
            exact = True
            step = newton_step(curvature, slope.gradient, scale)
            longest = float((step.abs() / scale).max())
        converged = exact and short < _NOT_YET
        last = (values, slope.gradient)
        step = step * min(1.0, _LONGEST / max(longest, 1e-12))
        values = torch.minimum(torch.maximum(values + step, low), high)
        likelihood.learn(values, d)
    assert d is not None
    return Optimum(values, curvature, d, number, converged)


def newton_step(
    curvature: torch.Tensor, gradient: torch.Tensor, scale: torch.Tensor
) -> torch.Tensor:
    """Step to where a parabola would have its minimum; directions that curve down are turned."""
    size, axes = torch.linalg.eigh(curvature * scale[:, None] * scale[None, :])
    size = torch.maximum(size.abs(), _WEAKEST * size.abs().max().clamp(min=1e-300))
    along = axes.T @ (gradient * scale)
    # nothing is known beyond a scale along what hardly curves
    size = torch.maximum(size, along.abs() / _LONGEST)
    step: torch.Tensor = -(axes @ (along / size)) * scale
    return step


def covariance(
    curvature: torch.Tensor, scale: torch.Tensor, prior_scales: float = PRIOR_SCALES
) -> torch.Tensor:
    """Invert the curvature; what does not curve is known as its scale times `prior_scales`."""
    scaled = curvature * scale[:, None] * scale[None, :]
    size, axes = torch.linalg.eigh((scaled + scaled.T) / 2)
    size = size.clamp(min=0) + 1 / prior_scales**2
    found: torch.Tensor = (axes / size) @ axes.T * scale[:, None] * scale[None, :]
    return found


def wider(known: torch.Tensor, other: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    """Along each principal axis of the first take the larger variance, within what can be."""
    size, axes = torch.linalg.eigh(known / torch.outer(scale, scale))
    along = torch.einsum("ia,ij,ja->a", axes, other / torch.outer(scale, scale), axes)
    size = torch.maximum(size, along.clamp(max=PRIOR_SCALES**2))
    found: torch.Tensor = (axes * size) @ axes.T * torch.outer(scale, scale)
    return found


def sds(curvature: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    """Give standard deviations."""
    return covariance(curvature, scale).diagonal().sqrt()


def _exact(
    likelihood: Likelihood, unknowns: Sequence[Unknown], values: torch.Tensor, slope: Slope
) -> torch.Tensor:
    def gradient(at: torch.Tensor) -> torch.Tensor:
        return likelihood.slope(at, slope.d).gradient

    steps = [_AHEAD * one.scale for one in unknowns]
    return differences(gradient, values, steps, here=slope.gradient)


def _updated(curvature: torch.Tensor, moved: torch.Tensor, changed: torch.Tensor) -> torch.Tensor:
    """Bring the curvature up to date by what a step did to the gradient (BFGS)."""
    along = float(moved @ changed)
    stretched = curvature @ moved
    usual = float(moved @ stretched)
    if along <= 0.05 * usual or usual <= 0:
        return curvature
    return (
        curvature
        - torch.outer(stretched, stretched) / usual
        + torch.outer(changed, changed) / along
    )
