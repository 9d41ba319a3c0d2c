"""What a trial tells of the top, against trials that were made up and taken into the process."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from optuna.distributions import FloatDistribution

from drivers.types import Floats
from hil.proposer.auto.acquisition import Belief
from hil.proposer.auto.knowledge import KnowledgeGradient
from hil.proposer.auto.observations import Observations
from hil.proposer.auto.optimise import polished
from hil.proposer.auto.process import Process
from hil.proposer.auto.space import UnitSpace

D = 3
SPACE = UnitSpace({f"x{i}": FloatDistribution(0, 1) for i in range(D)})


def bowl(points: Floats) -> Floats:
    away = points - (0.55, 0.45, 0.5)
    return np.asarray(-4 * (away**2).sum(axis=1) - 3 * away[:, 0] * away[:, 1])


@pytest.fixture(scope="module")
def process() -> Process:
    rng = np.random.default_rng(3)
    points = rng.random((9, D))
    return Process(points, bowl(points) + rng.normal(scale=0.05, size=9), np.ones(9), D)


def top_of(process: Process) -> Floats:
    return polished(
        lambda x: process.marginals(x)[0], SPACE, lambda points: points, np.full(D, 0.5)
    )


def rise(process: Process, point: Floats, surprise: float) -> float:
    """By how much the new top is better than the old one, told a value so many sd off."""
    there = torch.as_tensor(point[None])
    mean, sd = process.marginals(there)
    value = mean + surprise * (sd**2 + process.noise).sqrt()
    told = copy.copy(process)
    told.believe(there, value)
    old, new = (torch.as_tensor(top_of(one)[None]) for one in (process, told))
    return float(told.marginals(new)[0] - told.marginals(old)[0])


@pytest.mark.parametrize("point", [(0.8, 0.5, 0.4), (0.55, 0.1, 0.5), (0.4, 0.6, 0.85)])
def test_it_is_what_made_up_trials_bring(process: Process, point: tuple[float, ...]) -> None:
    at = np.array(point)
    top = torch.as_tensor(top_of(process))
    stated = float(KnowledgeGradient(process, top, range(D))(torch.as_tensor(at[None]))[0])
    nodes, weights = np.polynomial.hermite_e.hermegauss(5)
    brought = sum(
        w * rise(process, at, float(z)) for z, w in zip(nodes, weights / weights.sum(), strict=True)
    )
    assert stated == pytest.approx(brought, rel=0.35)


def test_more_is_learnt_beside_the_top_than_on_it(process: Process) -> None:
    top = top_of(process)
    learnt = KnowledgeGradient(process, torch.as_tensor(top), range(D))
    on, beside = learnt(torch.as_tensor(np.vstack([top, top + np.array([0.0, 0.0, 0.3])])))
    assert beside > 1.2 * on


def test_an_axis_along_which_the_top_cannot_move_tells_nothing(process: Process) -> None:
    top = torch.as_tensor(top_of(process))
    point = torch.as_tensor(np.array([[0.5, 0.5, 0.9]]))
    held = KnowledgeGradient(process, top, [0])(point)
    assert held < KnowledgeGradient(process, top, [0, 1, 2])(point)


def test_a_top_that_a_constraint_holds_moves_along_it_only() -> None:
    rng = np.random.default_rng(5)
    points = rng.random((12, 2))
    values = points[:, 0] - (points[:, 1] - 0.5) ** 2
    process = Process(points, values, np.ones(12), 2)
    held = KnowledgeGradient(process, torch.tensor([0.6, 0.5], dtype=torch.double), [0, 1])
    along = KnowledgeGradient(process, torch.tensor([0.6, 0.5], dtype=torch.double), [1])
    at = torch.as_tensor(rng.random((6, 2)))
    assert held(at).numpy() == pytest.approx(along(at).numpy(), rel=0.3)


def test_at_an_end_of_its_ranges_nothing_is_tried_for_what_it_tells() -> None:
    points = np.random.default_rng(1).random((8, 1))
    belief = Belief(observations(points, np.exp(-4 * (points - 0.6) ** 2)))
    at = torch.tensor([[0.3], [0.9]], dtype=torch.double)
    plain = belief.acquisition(1)(at)
    assert torch.equal(belief.acquisition(1, np.array([1.0]), [0])(at), plain)
    assert (belief.acquisition(1, np.array([0.6]), [0])(at) > plain).all()


def test_what_probably_breaks_a_constraint_is_not_tried_for_what_it_tells() -> None:
    points = np.random.default_rng(1).random((8, 1))
    seen = observations(points, np.exp(-4 * (points - 0.6) ** 2), excess=points - 0.8)
    belief = Belief(seen)
    at = torch.tensor([[0.3], [0.99]], dtype=torch.double)
    gained = belief.acquisition(1, np.array([0.6]), [0])(at) - belief.acquisition(1)(at)
    assert gained[0] > 0
    assert gained[1] == 0


def observations(points: Floats, values: Floats, excess: Floats | None = None) -> Observations:
    n = len(points)
    return Observations(
        points,
        values,
        np.full(n, np.nan),
        np.zeros((n, 0)),
        np.zeros((n, 0)) if excess is None else excess,
        np.zeros((0, 1)),
    )
