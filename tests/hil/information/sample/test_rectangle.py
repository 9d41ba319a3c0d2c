"""The largest rectangle within a mask."""

from __future__ import annotations

import numpy as np

from hil.information.sample.rectangle import largest_rectangle


def test_the_largest_rectangle_is_found_among_those_of_small_masks() -> None:
    rng = np.random.default_rng(0)
    for share in (0.5, 0.8, 0.95):
        cells = rng.random((9, 7)) < share
        rows, columns = largest_rectangle(cells)
        assert cells[rows, columns].all()
        most = max(
            (bottom - top) * (right - left)
            for top in range(9)
            for bottom in range(top + 1, 10)
            for left in range(7)
            for right in range(left + 1, 8)
            if cells[top:bottom, left:right].all()
        )
        assert cells[rows, columns].size == most


def test_of_nothing_it_is_empty() -> None:
    rows, columns = largest_rectangle(np.zeros((3, 4), dtype=np.bool_))
    assert (rows.stop - rows.start) * (columns.stop - columns.start) == 0
