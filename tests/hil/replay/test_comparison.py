from __future__ import annotations

import math

import pytest

from hil.replay.comparison import Comparison, Pair, differing_versions, rank_correlation


def pairs(*moved: float) -> tuple[Pair, ...]:
    return tuple(Pair(i, i, 1.0 + i, 2.0 + i, bits) for i, bits in enumerate(moved))


def test_what_moved_is_told_by_its_size_and_what_has_no_number_counts_as_moved() -> None:
    found = Comparison(pairs(0.0, 1e-7, 1e-3, math.nan), 0, 0, 1, {})
    assert [pair.original for pair in found.moved(1e-6)] == [2, 3]
    assert [pair.original for pair in found.moved(1.0)] == [3]


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [([1, 2, 3], [5, 6, 9], 1.0), ([1, 2, 3], [9, 6, 5], -1.0), ([1, 2, 3, 4], [2, 1, 4, 3], 0.6)],
)
def test_rank_correlation(before: list[float], after: list[float], wanted: float) -> None:
    assert rank_correlation(before, after) == pytest.approx(wanted)


def test_order_needs_two_trials_that_differ() -> None:
    assert math.isnan(rank_correlation([1.0], [2.0]))
    assert math.isnan(rank_correlation([1.0, 1.0], [2.0, 3.0]))


def test_versions_that_differ_are_named() -> None:
    then, now = {"numpy": "1", "scipy": "2"}, {"numpy": "3", "scipy": "2", "replay of": "x"}
    assert differing_versions(then, now) == {"numpy": ("1", "3")}
