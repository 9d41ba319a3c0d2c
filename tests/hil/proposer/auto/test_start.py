"""Where a search begins."""

from __future__ import annotations

import numpy as np
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution

from hil.proposer.auto.space import UnitSpace
from hil.proposer.auto.start import n_start_points, start_points


@pytest.mark.parametrize("n_axes", [2, 5, 8, 21])
def test_the_star_is_the_centre_and_orthogonal_directions(n_axes: int) -> None:
    space = UnitSpace({f"m{i}": FloatDistribution(-1, 1) for i in range(n_axes)})
    centre = np.full(n_axes, 0.5)
    points = start_points(space, centre, seed=3)
    assert len(points) == n_start_points(space)
    assert np.array_equal(points[0], centre)
    arms = points[1 : n_axes + 1] - centre
    inside = np.all((points[1 : n_axes + 1] > 0) & (points[1 : n_axes + 1] < 1), axis=1)
    gram = arms[inside] @ arms[inside].T
    assert np.allclose(gram - np.diag(np.diag(gram)), 0, atol=1e-9)
    assert np.all((points >= 0) & (points <= 1))


def test_a_star_at_a_bound_points_inwards() -> None:
    space = UnitSpace({"a": FloatDistribution(0, 1)})
    points = start_points(space, np.array([1.0]), seed=1)
    assert points[1, 0] < 0.9


def test_every_choice_is_tried() -> None:
    space = UnitSpace({"wheel": CategoricalDistribution("abcdef"), "z": FloatDistribution(0, 1)})
    centre = space.encode({"wheel": "d", "z": 0.5})
    points = start_points(space, centre, seed=2)
    assert {space.decode(point)["wheel"] for point in points} == set("abcdef")
