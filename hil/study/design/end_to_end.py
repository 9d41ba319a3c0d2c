"""Designs end to end: settings and a decoder learn a task together, through the optics.

A network of one hidden layer sees frames with the camera's noise (Gaussian, of each pixel's own
variance, drawn anew at every step). At every start the decoder learns by itself first; the best
starts are followed with every learning rate, settings and decoder by Adam. A quarter of the scenes
that may be learnt from tells which start and which rate is best. As many starts are looked at, and
as many followed, as by gradient of information.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from drivers.types import Floats
from hil.study.design.cost import Trace, cost_of, summed
from hil.study.design.effort import Effort
from hil.study.design.problem import Climb, Problem, Rendered, looks
from hil.study.domain import Size, Task

_HIDDEN = 64
_BATCH = 64
_RATE = 1e-3  # of the decoder
_DECAY = 1e-3
_OFTEN = 10  # joint steps from one look at the validated loss to the next
_ALONE = 4  # steps of the decoder between two with the settings


class _Run:
    """A task's scenes, and what is done with them at settings and by a decoder."""

    def __init__(self, problem: Problem, task: Task, seed: int, size: Size) -> None:
        self.problem, self.task = problem.drawn(seed, size), task
        learnt = self.problem.learnt(task)
        self.labels = len(learnt.light)
        self.chance = torch.Generator().manual_seed(seed)
        order = np.random.default_rng([seed, 4]).permutation(self.labels)
        self.light = torch.from_numpy(learnt.light[order])
        truth = learnt.truth[order]
        if task.kind == "label":
            self.truth, self.answers = torch.from_numpy(truth), int(truth.max()) + 1
        else:
            self.truth = torch.from_numpy((truth - truth.mean(axis=0)) / truth.std()).float()
            self.answers = truth.shape[1]
        self.validated = max(2, self.labels // 4)

    def decoder(self, rendered: Rendered) -> tuple[nn.Module, torch.optim.Optimizer]:
        """Make one that knows nothing, for what is seen of frames at that setting."""
        frames = self.problem.electrons(rendered, self.task, self.light[:1])
        values = self.problem.seen(rendered, self.task, frames).shape[1]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(torch.randint(2**31, (1,), generator=self.chance)))
            made = nn.Sequential(
                nn.Linear(values, _HIDDEN), nn.ReLU(), nn.Linear(_HIDDEN, self.answers)
            )
        return made, torch.optim.AdamW(made.parameters(), lr=_RATE, weight_decay=_DECAY)

    def loss(self, rendered: Rendered, decoder: nn.Module, which: torch.Tensor) -> torch.Tensor:
        """Bits of cross-entropy, or squared error over the variance, under noise drawn anew."""
        expected = self.problem.electrons(rendered, self.task, self.light[which]).float()
        noise = rendered.noise
        own = noise.read_noise_e**2 + noise.gain_e_per_adu**2 / 12
        drawn = torch.randn(expected.shape, generator=self.chance, dtype=expected.dtype)
        frames = expected + (expected.clamp(min=0) + own).sqrt() * drawn
        seen = self.problem.seen(rendered, self.task, frames)
        said = decoder((seen - seen.mean(dim=0)) / seen.std())
        if self.task.kind == "label":
            return nn.functional.cross_entropy(said, self.truth[which]) / math.log(2)
        return nn.functional.mse_loss(said, self.truth[which])

    def some(self) -> torch.Tensor:
        """Draw scenes to learn from."""
        most = self.labels - self.validated
        return torch.randint(most, (min(_BATCH, most),), generator=self.chance)

    def judged(self, rendered: Rendered, decoder: nn.Module) -> float:
        """Give the loss of scenes that choose."""
        with torch.no_grad():
            which = torch.arange(self.labels - self.validated, self.labels)
            return float(self.loss(rendered, decoder, which))


def end_to_end(
    problem: Problem, task: Task, seed: int, size: Size, effort: Effort
) -> dict[str, Any]:
    """Learn settings for one task; plain JSON."""
    trace, run, times = Trace(), _Run(problem, task, seed, size), [0, 0, 0]

    def alone(
        rendered: Rendered, decoder: nn.Module, learning: torch.optim.Optimizer, steps: int
    ) -> None:
        times[0] += steps
        for _ in range(steps):
            learning.zero_grad()
            run.loss(rendered, decoder, run.some()).backward()  # type: ignore[no-untyped-call]
            learning.step()

    def look(climb: Climb, u: Floats) -> float:
        times[1] += 1
        rendered = _still(run.problem, climb.setting(u.tolist()))
        decoder, learning = run.decoder(rendered)
        alone(rendered, decoder, learning, effort.warm_up)
        return run.judged(rendered, decoder)

    def follow(climb: Climb, u: Floats, rate: float) -> None:
        rendered = _still(run.problem, climb.setting(u.tolist()))
        decoder, learning = run.decoder(rendered)
        alone(rendered, decoder, learning, effort.warm_up)
        at = torch.tensor(u, dtype=torch.float64, requires_grad=True)
        moving = torch.optim.Adam([at], lr=rate)
        for number in range(effort.joint):
            times[2] += 1
            # where it was a step ago is near enough to learn from
            rendered = _joint(run, climb, at, decoder, [learning, moving])
            alone(rendered, decoder, learning, _ALONE)
            if (number + 1) % _OFTEN == 0 or number + 1 == effort.joint:
                rendered = _still(run.problem, climb.setting(at.detach()))
                trace.saw(-run.judged(rendered, decoder), climb.plain(at.detach()))

    started = sorted(looks(problem.axes, effort.looks, seed), key=lambda one: look(*one))
    for climb, u in started[: effort.followed]:
        for rate in effort.rates:
            follow(climb, u, rate)
    climb, u = started[0]
    spent, taken = trace.plain(run.labels), tuple(times)
    return spent | _costs(run, effort, taken, climb, u, alone)


def _joint(
    run: _Run,
    climb: Climb,
    at: torch.Tensor,
    decoder: nn.Module,
    learning: list[torch.optim.Optimizer],
) -> Rendered:
    for one in learning:
        one.zero_grad()
    rendered = run.problem.rendered(climb.setting(at))
    run.loss(rendered, decoder, run.some()).backward()  # type: ignore[no-untyped-call]
    if at.grad is not None:
        at.grad.nan_to_num_()
    for one in learning:
        one.step()
    with torch.no_grad():
        at.clamp_(0.0, 1.0)
    return rendered.detach()


def _still(problem: Problem, setting: Any) -> Rendered:
    with torch.no_grad():
        return problem.rendered(setting)


def _costs(
    run: _Run,
    effort: Effort,
    taken: tuple[int, ...],
    climb: Climb,
    u: Floats,
    alone: Callable[..., None],
) -> dict[str, float]:
    """Count one step of each kind."""
    still = _still(run.problem, climb.setting(u.tolist()))
    decoder, learning = run.decoder(still)
    at = torch.tensor(u, dtype=torch.float64, requires_grad=True)
    moving = torch.optim.Adam([at], lr=effort.rates[0])
    steps = (
        lambda: alone(still, decoder, learning, 1),
        lambda: _still(run.problem, climb.setting(u.tolist())),
        lambda: _joint(run, climb, at, decoder, [learning, moving]),
    )
    return summed(zip(taken, map(cost_of, steps), strict=True))
