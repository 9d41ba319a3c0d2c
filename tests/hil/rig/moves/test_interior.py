"""A place well inside limits, where there is one."""

from __future__ import annotations

import numpy as np
import pytest

from hil.rig.moves.interior import interior
from hil.rig.moves.joint import RowsLimit, SizeLimit, problem


def rows(matrix: list[list[float]], flat: list[float], most: float) -> RowsLimit:
    ends = np.full(len(matrix), most)
    return RowsLimit(("a.x", "b.x"), "k", np.array(matrix), np.array(flat), -ends, ends)


def test_it_is_the_middle_where_there_is_one() -> None:
    limit = rows([[1, 0], [0, 1]], [-5, 3], 2)
    found = interior([limit], {"a.x": (-100, 100), "b.x": (-100, 100)}, {})
    assert found == pytest.approx({"a.x": 5, "b.x": -3})


@pytest.mark.parametrize("seed", range(20))
def test_what_is_found_is_allowed(seed: int) -> None:
    rng = np.random.default_rng(seed)
    inside = rng.uniform(-10, 10, 2)
    matrix = rng.normal(size=(5, 2))
    limits = [
        RowsLimit(("a.x", "b.x"), "k", matrix, -matrix @ inside, -np.ones(5), np.ones(5)),
        SizeLimit(("a.x", "b.x"), "l", "sum_abs", 25.0),
        SizeLimit(("b.x", "c.x"), "m", "norm", 40.0),
    ]
    found = interior(limits, {"a.x": (-10, 10), "b.x": (-10, 10)}, {"c.x": 3.0})
    assert found is not None
    assert not any(problem(limit, {**found, "c.x": 3.0}) for limit in limits)


def test_none_where_limits_exclude_each_other() -> None:
    limit = rows([[1, 0], [0, 1]], [0, 0], 2)
    assert interior([limit], {"a.x": (5, 10), "b.x": (0, 1)}, {}) is None
    assert interior([limit], {"a.x": (0, 1)}, {"b.x": 3}) is None
