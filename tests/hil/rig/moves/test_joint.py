"""Limits across settings: at a point, on a box, in words."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hil.rig.moves.joint import JointLimit, RowsLimit, SizeLimit, problem, touched

NAMES = ("m.a", "m.b", "m.c")


def size(rule: str, high: float) -> JointLimit:
    return SizeLimit(NAMES, "limits_together.0", rule, high)


def rows(matrix: np.ndarray, flat: np.ndarray, most: float) -> JointLimit:
    ends = np.full(len(matrix), most)
    return RowsLimit(NAMES, "limits_matrix.0", matrix, flat, -ends, ends, "actuator")


@pytest.mark.parametrize(
    ("limit", "values", "says"),
    [
        (size("sum_abs", 7), (3, -4, 0), ""),
        (size("sum_abs", 6.9), (3, -4, 0), "sum_abs of m.a, m.b, m.c is 7, allowed: at most 6.9"),
        (size("norm", 5), (3, -4, 0), ""),
        (size("norm", 0), (0, 0, 0), ""),
        (rows(np.eye(3), np.array([0.0, 0, 2]), 5), (5, -5, 3), ""),
        (rows(np.eye(3), np.array([0.0, 0, 2]), 5), (5, -5, 4), "actuator 2 of m.a, m.b, m.c is 6"),
        (rows(np.eye(3), np.zeros(3), 5), (0, -6, 0), "actuator 1 of m.a, m.b, m.c is -6"),
        (size("norm", 5), (float("nan"), 0, 0), "not all numbers"),
    ],
)
def test_values_are_judged_in_words(
    limit: JointLimit, values: tuple[float, ...], says: str
) -> None:
    found = problem(limit, dict(zip(NAMES, values, strict=True)))
    assert (says in found) if says else found == ""


@pytest.mark.parametrize("seed", range(10))
def test_a_box_is_judged_by_its_worst_corner(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ends = rng.normal(size=(2, 3))
    corners = np.array(list(itertools.product(*ends.T)))
    for limit in (
        size("sum_abs", 1),
        size("norm", 1),
        rows(rng.normal(size=(4, 3)), rng.normal(size=4), 1),
    ):
        worst = np.max([limit.excess(corner, corner) for corner in corners], axis=0)
        assert limit.excess(ends.min(axis=0), ends.max(axis=0)) == pytest.approx(worst)


def test_tolerances_add_up_as_the_settings_do() -> None:
    each = np.array([1.0, 2.0, 2.0])
    assert size("sum_abs", 1).allowance(each) == pytest.approx([5])
    assert size("norm", 1).allowance(each) == pytest.approx([3])
    matrix = np.array([[1.0, -1.0, 0.5]])
    assert rows(matrix, np.zeros(1), 1).allowance(each) == pytest.approx([4, 4])


def test_limits_are_found_by_any_of_their_settings() -> None:
    limits = [size("norm", 1), SizeLimit(("x.y", "x.z"), "limits_together.1", "norm", 1)]
    assert touched(limits, {"x.z": 1}) == limits[1:]
    assert touched(limits, {"x.w": 1}) == []
