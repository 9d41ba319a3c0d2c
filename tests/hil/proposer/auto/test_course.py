"""What is left of a start, and what is a standstill."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from hil.proposer.auto.course import look, near, news_of, not_asked, standstill
from hil.proposer.auto.observations import Observations

STAR = np.array([[0.5, 0.5], [0.7, 0.5], [0.5, 0.7]])


def seen(
    points: Sequence[Sequence[float]],
    values: Sequence[float] | None = None,
    pending: Sequence[Sequence[float]] = (),
    feasible: Sequence[bool] | None = None,
) -> Observations:
    n = len(points)
    told = np.zeros(n) if values is None else np.array(values)
    constraints = np.zeros((n, 0 if feasible is None else 1))
    if feasible is not None:
        constraints[:, 0] = np.where(feasible, -1.0, 1.0)
    return Observations(
        points=np.array(points, dtype=float).reshape(n, 2),
        values=told[:, None],
        sd=np.zeros(n),
        fields=np.zeros((n, 0)),
        constraints=constraints,
        pending=np.array(pending, dtype=float).reshape(-1, 2),
    )


def test_the_star_is_asked_for_in_its_order_pending_points_left_out() -> None:
    left = not_asked(STAR, seen([STAR[0]], pending=[STAR[1]]))
    assert left is not None
    assert list(left) == [0.5, 0.7]
    assert not_asked(STAR, seen(STAR)) is None


def test_trials_from_elsewhere_make_up_for_it() -> None:
    others = np.random.default_rng(0).random((6, 2)).tolist()
    assert not_asked(STAR, seen(others[:5])) is not None
    assert not_asked(STAR, seen(others)) is None


@pytest.mark.parametrize(("x", "expected"), [(0.505, True), (0.52, False)])
def test_a_hundredth_of_the_cube_is_no_other_place(x: float, expected: bool) -> None:
    assert near(np.array([x, 0.5]), STAR) is expected


def since(values: Sequence[float], n_star: int = 3, feasible: Sequence[bool] | None = None) -> int:
    points = np.random.default_rng(0).random((len(values), 2)).tolist()
    known = seen(points, values, feasible=feasible)
    return standstill(
        known, n_star, np.log(values), news_of(np.array(values), 1 / np.array(values))
    )


@pytest.mark.parametrize(("last", "expected"), [(1.005, 6), (1.02, 0)], ids=["no news", "better"])
def test_six_trials_without_a_better_one_are_a_standstill(last: float, expected: int) -> None:
    values = [0.2, 0.5, 1.0, *[0.9] * 5, last]
    assert since(values) == expected
    assert since(values, n_star=4) == 0, "too few trials after the start"


def test_a_trial_that_breaks_a_constraint_is_not_better() -> None:
    values = [0.2, 0.5, 1.0, *[0.9] * 5, 2.0]
    assert since(values, feasible=[*[True] * 8, False]) == 6


def test_a_model_that_foretells_what_is_measured_has_fewer_and_fewer_looks_elsewhere() -> None:
    looks = {s: look(s, s + 9, n_axes=8, foretold=0.8) for s in range(6, 50)}
    assert {s: which for s, which in looks.items() if which is not None} == {
        6: 0,
        9: 1,
        14: 2,
        20: 3,
        30: 4,
        46: 5,
    }
    few = [s for s in range(6, 50) if look(s, s + 9, n_axes=2, foretold=0.8) is not None]
    assert few[:8] == [6, 8, 10, 12, 14, 16, 18, 20]
    assert len(few) == 15


def test_a_model_that_is_often_wrong_has_every_other_trial_look_elsewhere() -> None:
    looks = [look(s, s + 9, n_axes=8, foretold=1.2) for s in range(6, 12)]
    assert looks == [7, None, 8, None, 9, None]
