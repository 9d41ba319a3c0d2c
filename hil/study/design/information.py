"""Designs by information: uphill along its gradient, and by trials of drawn frames.

Both maximise bits per frame, the mean over the kinds of scenes that the tasks have: one design for
all of them, without a label. The gradient is that of a Gaussian's information in whole frames under
the camera's noise; trials take the estimator of the study, and settings by the sampler that
sessions use unless told otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from scipy.optimize import minimize

from drivers.types import Floats
from hil.information.estimate import estimate_information
from hil.information.torch import expected_information
from hil.proposer import OptunaProposer, SearchPlan
from hil.records.trial import TrialRow, TrialState
from hil.spec import SearchAxis
from hil.spec.sampler import AutoSampler
from hil.study.cell import tiling
from hil.study.design.cost import Trace, cost_of, summed
from hil.study.design.effort import Effort
from hil.study.design.problem import Climb, Problem, looks
from hil.study.domain import Size
from hil.study.family import Span

_FLAT = 1e-4  # of the bits
_PATCH = 8
_FAMILY = "family."  # settings of a session name their device, those of a family need not


def by_gradient(problem: Problem, seed: int, size: Size, effort: Effort) -> dict[str, Any]:
    """Look at starts, follow the best uphill; plain JSON."""
    problem = problem.drawn(seed, size, effort.scenes)
    trace, lights = Trace(), _lights(problem, effort.scenes)
    times = [0, 0]

    def seen(climb: Climb, u: Floats) -> float:
        times[0] += 1
        with torch.no_grad():
            return float(_expected_bits(problem, lights, climb.setting(u.tolist())))

    def slope(climb: Climb, u: Floats) -> tuple[float, Floats]:
        times[1] += 1
        value, gradient = _slope(problem, lights, climb, u)
        trace.saw(value, climb.plain(u))
        return -value, -gradient

    tried = sorted(looks(problem.axes, effort.looks, seed), key=lambda one: -seen(*one))
    for climb, u in tried[: effort.followed]:
        minimize(
            partial(slope, climb),
            u,
            jac=True,
            method="L-BFGS-B",
            bounds=[(0.0, 1.0)] * len(u),
            options={"maxiter": effort.rounds, "ftol": _FLAT},
        )
    spent, taken, (climb, u) = trace.plain(0), tuple(times), tried[0]
    look, step = cost_of(lambda: seen(climb, u)), cost_of(lambda: slope(climb, u))
    return spent | summed([(taken[0], look), (taken[1], step)])


def by_trials(problem: Problem, seed: int, size: Size, effort: Effort) -> dict[str, Any]:
    """Try settings, each by the information of frames drawn; plain JSON."""
    trace, rng = Trace(), np.random.default_rng([seed, 3])
    problem = problem.drawn(seed, size)
    lights = _lights(problem, size.learn)

    def measured(setting: Mapping[str, Any]) -> float:
        with torch.no_grad():
            rendered = problem.rendered(setting)
            found = []
            for task in problem.domain.tasks:
                expected = problem.electrons(rendered, task, lights[task.name]).double().numpy()
                codes = rendered.noise.sample(expected, rng)
                patch = tiling(codes.shape[1:], _PATCH)
                one = estimate_information(codes, rendered.noise, "whole_frame", patch)
                found.append(one.bits_per_pixel * codes[0].size)
        return float(np.mean(found))

    held = {
        name: axis[0]
        for name, axis in problem.axes.items()
        if not isinstance(axis, Span) and len(axis) == 1
    }
    axes = {f"{_FAMILY}{name}": axis for name, axis in problem.axes.items() if name not in held}
    plan = SearchPlan(
        tuple(_axis(name, axis) for name, axis in axes.items()),
        frozenset(),
        AutoSampler(kind="auto"),
        seed,
        effort.trials,
    )
    proposer, rows = OptunaProposer(plan), list[TrialRow]()
    attrs: dict[str, Any] = {}
    for number in range(effort.trials):
        one = proposer.propose(rows, attrs, number)
        attrs |= one.study_attrs
        row = TrialRow(
            *(number, TrialState.PROPOSED, one.kind, one.requested, one.distributions),
            *(one.sampler_attrs, None, {}, {}, one.retry_of),
        )
        asked = {name.removeprefix(_FAMILY): value for name, value in one.requested.items()}
        value = measured(held | asked)
        rows.append(replace(row, state=TrialState.COMPLETE, objectives=(value,)))
        trace.saw(value, held | asked)
    spent = trace.plain(0)
    return spent | summed([(effort.trials, cost_of(lambda: measured(trace.setting)))])


def _lights(problem: Problem, most: int) -> Mapping[str, torch.Tensor]:
    return {
        task.name: torch.from_numpy(problem.learnt(task).light[:most])
        for task in problem.domain.tasks
    }


def _expected_bits(
    problem: Problem, lights: Mapping[str, torch.Tensor], setting: Mapping[str, Any]
) -> torch.Tensor:
    rendered = problem.rendered(setting)
    found = []
    for task in problem.domain.tasks:
        electrons = problem.electrons(rendered, task, lights[task.name]).double()
        bits = expected_information(
            electrons, rendered.noise, "whole_frame", at_once=len(electrons)
        )
        found.append(bits * electrons[0].numel())
    return torch.stack(found).mean()


def _slope(
    problem: Problem, lights: Mapping[str, torch.Tensor], climb: Climb, u: Floats
) -> tuple[float, Floats]:
    at = torch.tensor(u, dtype=torch.float64, requires_grad=True)
    bits = _expected_bits(problem, lights, climb.setting(at))
    (gradient,) = torch.autograd.grad(bits, at)
    return float(bits.detach()), np.nan_to_num(gradient.numpy())


def _axis(name: str, axis: Any) -> SearchAxis:
    if isinstance(axis, Span):
        return SearchAxis(setting=name, low=axis.low, high=axis.high, log=axis.log)
    return SearchAxis(setting=name, choices=tuple(axis))
