"""What is on a front."""

from __future__ import annotations

import numpy as np
import pytest

from hil.report.settings.front import front


def test_the_front_holds_what_nothing_beats_in_both() -> None:
    points = np.array([(1, 5), (2, 4), (2, 3), (3, 1), (0, 9), (4, 0)], dtype=float)
    feasible = np.array([True, True, True, True, True, False])
    assert front(points, feasible) == [3, 1, 0, 4]
    assert front(points[:0], feasible[:0]) == []


@pytest.mark.parametrize("n_objectives", [2, 3, 4])
def test_it_is_that_of_all_pairs_compared(n_objectives: int) -> None:
    rng = np.random.default_rng(n_objectives)
    points = rng.integers(0, 6, (200, n_objectives)).astype(float)
    feasible = rng.uniform(size=200) > 0.2
    beats = (points[:, None] >= points).all(axis=2) & (points[:, None] > points).any(axis=2)
    wanted = feasible & ~beats[feasible].any(axis=0)
    found = front(points, feasible)
    assert {tuple(one) for one in points[found]} == {tuple(one) for one in points[wanted]}
    assert len({tuple(one) for one in points[found]}) == len(found)
    assert (np.diff(points[found, 0]) <= 0).all()


def test_what_is_no_number_is_not_on_it() -> None:
    points = np.array([(np.nan, 1), (1, np.inf), (0, 0)], dtype=float)
    assert front(points, np.ones(3, dtype=bool)) == [2]
