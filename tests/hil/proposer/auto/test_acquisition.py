"""What the next trial is chosen by."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from drivers.types import Floats
from hil.proposer.auto.acquisition import Belief
from hil.proposer.auto.observations import Observations, transformed


def seen(
    points: Floats, values: Floats, excess: Floats | None = None, pending: Floats | None = None
) -> Observations:
    n, d = points.shape
    return Observations(
        points,
        values.reshape(n, -1),
        np.full(n, np.nan),
        np.zeros((n, 0)),
        np.zeros((n, 0)) if excess is None else excess.reshape(n, -1),
        np.zeros((0, d)) if pending is None else pending,
    )


POINTS = np.random.default_rng(1).random((12, 2))
VALUES = np.exp(-4 * ((POINTS - 0.6) ** 2).sum(axis=1))


def at(*points: tuple[float, float]) -> torch.Tensor:
    return torch.tensor(points, dtype=torch.double)


def test_it_wants_the_optimum_and_not_the_corner() -> None:
    value = Belief(seen(POINTS, VALUES)).acquisition(seed=1)(at((0.6, 0.6), (0.0, 0.0)))
    assert value[0] > value[1]


def test_what_is_being_measured_is_not_asked_for_again() -> None:
    there = np.array([[0.6, 0.6]])
    free = Belief(seen(POINTS, VALUES)).acquisition(seed=1)(at((0.6, 0.6)))
    taken = Belief(seen(POINTS, VALUES, pending=there)).acquisition(seed=1)(at((0.6, 0.6)))
    assert taken < free


def test_what_breaks_a_constraint_is_avoided() -> None:
    excess = POINTS[:, 0] - 0.5
    belief = Belief(seen(POINTS, VALUES, excess))
    chance = belief.log_feasible(at((0.2, 0.6), (0.9, 0.6)))
    assert chance[0] > np.log(0.8)
    assert chance[1] < np.log(0.2)
    assert POINTS[belief.best(), 0] <= 0.5


def test_with_nothing_feasible_it_looks_for_what_is() -> None:
    belief = Belief(seen(POINTS, VALUES, POINTS[:, 0] + 0.1))
    value = belief.acquisition(seed=1)(at((0.0, 0.5), (1.0, 0.5)))
    assert value[0] > value[1]


def test_several_objectives_and_nothing_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    def compile_it(*_: object, **__: object) -> None:
        pytest.fail("a compiler is called in mid-session")

    monkeypatch.setattr("torch.utils.cpp_extension.load", compile_it)
    both = np.column_stack([VALUES, 1 - POINTS[:, 0]])
    value = Belief(seen(POINTS, both)).acquisition(seed=1)(at((0.5, 0.6), (0.95, 0.05)))
    assert value[0] > value[1]


def test_expected_gain_is_in_the_objectives_unit() -> None:
    belief = Belief(seen(POINTS, VALUES))
    small, large = belief.expected_gain(np.log(0.01)), belief.expected_gain(np.log(0.02))
    assert large == pytest.approx(2 * small)
    scaled = Belief(seen(POINTS, 10 * VALUES)).expected_gain(np.log(0.01))
    assert scaled == pytest.approx(10 * small, rel=1e-6)


def test_doubt_is_about_what_lies_around_the_best_and_is_not_known() -> None:
    beside = np.array([[0.6, 0.52], [0.6, 0.56], [0.6, 0.6], [0.64, 0.6]])
    values = np.array([0.8, 0.9, 1.0, 0.95])
    doubt = Belief(seen(beside, values), rough=True).doubt()
    known, unknown, far = doubt(at((0.6, 0.56), (0.48, 0.7), (0.0, 0.0)))
    assert unknown > known
    assert unknown > far


def test_doubt_asks_for_nothing_that_surely_loses_much() -> None:
    """Whatever the axes are: a step down is what it costs."""
    steep = np.exp(-40 * ((POINTS - 0.6) ** 2).sum(axis=1))
    belief = Belief(seen(POINTS, steep), rough=True)
    best = POINTS[belief.best()]
    candidates = best + np.random.default_rng(2).normal(scale=0.06, size=(400, 2))
    mean, _ = belief.mean_and_sd(candidates)
    wanted = candidates[int(belief.doubt()(torch.as_tensor(candidates)).argmax())]
    assert np.linalg.norm(wanted - best) > 0.01
    assert belief.mean_and_sd(wanted[None])[0] > mean.max() - 1.0


def test_far_from_all_that_was_measured_is_not_the_farthest_corner() -> None:
    middle = 0.5 + 0.05 * np.random.default_rng(3).normal(size=(20, 8))
    far = Belief(seen(middle, np.exp(-((middle - 0.5) ** 2).sum(axis=1)))).curiosity()
    corner, half_way, near = far(torch.as_tensor(np.outer([1.0, 0.85, 0.6], np.ones(8))))
    assert corner == half_way
    assert half_way > near


def test_a_field_of_view_that_shows_less_is_taken_off() -> None:
    points = np.vstack([POINTS, POINTS])
    fields = np.repeat(np.eye(2), len(POINTS), axis=0)
    values = np.concatenate([VALUES, 0.8 * VALUES])
    level = Belief(replace(seen(points, values), fields=fields)).level()
    assert np.abs(level[: len(POINTS)] - level[len(POINTS) :]).max() < 0.02
    assert np.array_equal(Belief(seen(POINTS, VALUES)).level(), transformed(VALUES))


def test_nothing_that_was_measured_is_asked_for_apart_from_it() -> None:
    belief = Belief(seen(POINTS, VALUES, pending=np.array([[0.6, 0.6]])))
    wanted = belief.acquisition(seed=1)
    there, beside = (0.605, 0.6), (0.65, 0.6)
    same, other = belief.apart(wanted, 0.01)(at(there, beside))
    assert same < other - 100
    assert other == wanted(at(beside))[0]


def test_differences_are_told_against_each_other_and_nearer_ones_are_surer() -> None:
    belief = Belief(seen(POINTS, VALUES))
    one, near, far = np.array([[0.6, 0.6], [0.62, 0.6], [0.2, 0.3]])
    mean, sd = belief.differences(one, np.array([near, far, one]))
    back, back_sd = belief.differences(far, one[None])
    assert (back[0], back_sd[0]) == pytest.approx((-mean[1], sd[1]))
    assert mean[1] == pytest.approx(1 - np.exp(-4 * (0.4**2 + 0.3**2)), rel=0.5)
    assert sd[0] < sd[1]
    assert (mean[2], sd[2]) == pytest.approx((0.0, 0.0), abs=1e-6)


def test_what_one_field_of_view_likes_is_not_sure_of_the_others() -> None:
    pair = np.array([[0.6, 0.6], [0.8, 0.6]])
    (one,) = Belief(seen(POINTS, VALUES)).differences(pair[0], pair[1:])[1]
    points = np.vstack([POINTS] * 4)
    fields = np.repeat(np.eye(4), len(POINTS), axis=0)
    values = np.concatenate([share * VALUES for share in (1.0, 0.8, 0.9, 1.1)])
    belief = Belief(replace(seen(points, values), fields=fields))
    (several,) = belief.differences(pair[0], pair[1:])[1]
    assert several < one
