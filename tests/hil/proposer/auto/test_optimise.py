"""The best point of an acquisition."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from drivers.types import Floats
from hil.proposer.auto.optimise import best_point
from hil.proposer.auto.space import UnitSpace


def peak(*where: float) -> Any:
    centre = torch.tensor(where, dtype=torch.double)
    return lambda points: -((points - centre) ** 2).sum(-1)


def anywhere(points: Floats) -> Floats:
    return points


def test_a_peak_between_the_candidates_is_found() -> None:
    space = UnitSpace({f"m{i}": FloatDistribution(0, 1) for i in range(6)})
    where = (0.123, 0.877, 0.5, 0.321, 0.111, 0.654)
    point, value = best_point(peak(*where), space, anywhere, [np.full(6, 0.5)], seed=1)
    assert point == pytest.approx(where, abs=1e-3)
    assert value == pytest.approx(0, abs=1e-5)


def test_edges_of_an_acquisition_cost_no_more_than_its_peaks() -> None:
    """Where it has edges a climb zigzags along them; only one is worth the way to its end."""
    space = UnitSpace({f"m{i}": FloatDistribution(0, 1) for i in range(4)})
    slopes = 0

    def penned_in(points: Any) -> Any:
        nonlocal slopes
        slopes += points.requires_grad
        a, b, c, d = points.unbind(-1)
        height = -((points - 0.5) ** 2).sum(-1)
        return height - 10 * ((a + b - 0.6).clamp_min(0) + (c * d - 0.1).clamp_min(0))

    _, value = best_point(penned_in, space, anywhere, [np.full(4, 0.5)], seed=4)
    best = -(2 * 0.2**2 + 2 * (0.5 - np.sqrt(0.1)) ** 2)
    assert value == pytest.approx(best, abs=0.02)
    assert slopes < 220


def test_integers_and_choices() -> None:
    space = UnitSpace(
        {
            "n": IntDistribution(0, 4),
            "band": CategoricalDistribution("abc"),
            "z": FloatDistribution(0, 1),
        }
    )
    point, _ = best_point(peak(0.7, 0, 1, 0, 0.25), space, anywhere, [], seed=2)
    assert space.decode(point) == pytest.approx({"n": 3, "band": "b", "z": 0.25}, abs=1e-3)


def test_inside_joint_limits() -> None:
    space = UnitSpace({"a": FloatDistribution(0, 1), "b": FloatDistribution(0, 1)})

    def allow(points: Floats) -> Floats:
        total = points.sum(axis=1, keepdims=True)
        return np.where(total > 1, points / np.maximum(total, 1e-9), points)

    point, _ = best_point(peak(0.9, 0.9), space, allow, [np.array([0.2, 0.2])], seed=3)
    assert point.sum() <= 1 + 1e-9
    assert point == pytest.approx([0.5, 0.5], abs=0.05)


def test_an_acquisition_that_is_not_a_number_somewhere() -> None:
    space = UnitSpace({"a": FloatDistribution(0, 1)})

    def broken(points: Any) -> Any:
        return torch.where(points[..., 0] > 0.5, torch.nan, points[..., 0])

    point, value = best_point(broken, space, anywhere, [np.array([0.4])], seed=4)
    assert np.isfinite(value)
    assert point[0] <= 0.5
