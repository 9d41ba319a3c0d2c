"""What a trial is worth for what it tells: how much better the top would be known.

m      : posterior mean, a its top; H minus its curvature there (Hessian)
c(x)   : posterior covariance of the value at a point with the values around the top
g(x)   : slope of c(x) at the top
s^2    : variance of a trial's value at x, noise included
K(x)   : g' inv(H) g / (2 s^2)

A surprise at x, measured in its own standard deviation, tilts the mean around its top by g / s. The
top moves by inv(H) g / s, a Newton step, and rises by half of g' inv(H) g / s^2; a standard
normal surprise squared is 1 on average. That is the knowledge gradient (Frazier, Powell and
Dayanik, INFORMS J. Comput. 21, 599, 2009) to second order. Expected improvement asks for what is
good itself; K asks for what tells which way up is, which lies beside the top and not on it.

Slopes and curvatures are differences across a tenth of the cube: what rises over less of it leads
nowhere. Where the mean still rises at the top a limit or a constraint holds it there, and it moves
across that slope only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from drivers.types import Floats
from hil.proposer.auto.process import Process

_STEP = 0.1  # of the cube's side
_FLATTEST = 0.2  # of the median curvature: a ridge is not followed out of the cube
_HELD = 1e-3  # what a climb along the slope at a free top could bring, at most; standardised
_LEAST_BEND = 1.0  # likewise, standardised values over the cube's side squared


class KnowledgeGradient:
    """What is learnt about the top of a process.

    Parameters
    ----------
    process
        Of the objective.
    top
        (n_inputs,) where its mean is largest, fields of view included.
    free
        Columns along which the top may move.
    """

    def __init__(self, process: Process, top: Any, free: Sequence[int]) -> None:
        self._process = process
        steps = torch.zeros((len(free), len(top)), dtype=torch.double)
        for row, column in enumerate(free):
            steps[row, column] = _STEP
        around = torch.cat([top + steps, top - steps])
        self._around = process.seen_from(around)
        slopes = _slopes(process, torch.cat([around, top[None]]))[:, list(free)]
        curvature = -_across(slopes[:-1].T).numpy()
        self._spread = _inverse_root((curvature + curvature.T) / 2, slopes[-1].numpy())

    def __call__(self, points: Any) -> Any:
        """Give K at (..., n_inputs) points, (...,), in standardised units."""
        covariance, variance = self._process.covariance(points, self._around)
        slopes = _across(covariance)
        return ((slopes @ self._spread) ** 2).sum(-1) / (2 * (variance + self._process.noise))


def _across(values: Any) -> Any:
    """Slopes along each axis, (..., d), from (..., 2 d) values on both sides."""
    up, down = values.chunk(2, dim=-1)
    return (up - down) / (2 * _STEP)


def _slopes(process: Process, points: Any) -> Any:
    """Slopes of the mean, (n, n_inputs)."""
    at = points.clone().requires_grad_()
    mean, _ = process.marginals(at)
    return torch.autograd.grad(mean.sum(), at)[0]


def _inverse_root(curvature: Floats, slope: Floats) -> Any:
    """Matrix whose product with its transpose is the inverse, across the slope of a held top.

    Where the mean is flat or bends up, it counts as if it bent a little.
    """
    bends, axes = _bends(curvature)
    if 0.5 * np.sum((slope @ axes) ** 2 / bends) > _HELD:
        _, _, across = np.linalg.svd(slope[None] / np.linalg.norm(slope))
        bends, axes = _bends(across[1:] @ curvature @ across[1:].T)
        axes = across[1:].T @ axes
    return torch.as_tensor(axes / np.sqrt(bends))


def _bends(curvature: Floats) -> tuple[Floats, Floats]:
    bends, axes = np.linalg.eigh(curvature)
    least = _LEAST_BEND
    if len(bends):
        least = max(_FLATTEST * float(np.median(np.abs(bends))), least)
    return np.maximum(bends, least), axes
