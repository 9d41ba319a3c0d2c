"""Which frames are left where pieces are absent."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hil.errors import InputError
from hil.frames.absent import Absent, complete_block, incomplete, stack_absent

WHY = "they were never written"


def lacking(rows: list[str]) -> np.ndarray:
    return np.array([[one == "." for one in row] for row in rows])


@pytest.mark.parametrize(
    ("rows", "fields", "repeats"),
    [
        (["xx", "xx", "xx"], [0, 1, 2], [0, 1]),
        (["xx", "xx", "x."], [0, 1], [0, 1]),
        (["xx", "x.", "x."], [0, 1, 2], [0]),
        (["xxx", "x.x", "..."], [0, 1], [0, 2]),
        (["..", "xx"], [1], [0, 1]),
    ],
)
def test_the_largest_block_is_kept(rows: list[str], fields: list[int], repeats: list[int]) -> None:
    absent = Absent((1, 1, 8, 8), np.zeros((1, 4), np.int64), WHY)
    some, same, _ = complete_block(Path("a"), absent, lacking(rows), True)
    assert (some.tolist(), same.tolist()) == (fields, repeats)


def test_nothing_that_is_left_is_said() -> None:
    absent = Absent((1, 1, 8, 8), np.zeros((1, 4), np.int64), WHY)
    with pytest.raises(InputError, match=r"2 of 2 frames are incomplete.*none is left"):
        complete_block(Path("a"), absent, lacking([".."]), True)
    with pytest.raises(InputError, match="no field has all its repeats"):
        complete_block(Path("a"), absent, lacking(["x.", ".x"]), True)


def test_axes_may_stand_anywhere() -> None:
    absent = Absent((4, 2, 1), np.array([[1, 0, 2]]), WHY)  # of (y, x, f)
    assert incomplete(absent, (8, 2, 3), "yxf", None).tolist() == [[False], [False], [True]]


def test_stacks_count_in_pixels_where_pieces_differ() -> None:
    one = Absent((2, 8, 8), np.array([[0, 0, 0]]), WHY)
    other = Absent((1, 4, 8), np.array([[3, 1, 0]]), WHY)
    both = stack_absent([one, None, other], (4, 8, 8))
    assert both is not None
    found = incomplete(both, (3, 4, 8, 8), "fryx", None)
    assert found.tolist() == [[True, True, False, False], [False] * 4, [False] * 3 + [True]]
