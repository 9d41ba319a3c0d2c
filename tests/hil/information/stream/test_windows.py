"""Windows spread over a frame: one of each block, inside it, and no pixel left out for ever."""

from __future__ import annotations

import numpy as np
import pytest

from hil.errors import InputError
from hil.information.stream.windows import cut_windows, draw_windows


def test_one_window_of_each_block_inside_the_frame() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        corners, side = draw_windows(150, 210, 4, 3, rng)
        assert side == 16
        assert corners.shape == (3 * 4, 2)
        assert (corners >= 0).all()
        assert (corners + side <= (150, 210)).all()
        apart = np.abs(corners[:, None] - corners[None]).max(axis=-1) + 1000 * np.eye(12)
        assert apart.min() >= side, "windows overlap"


def test_every_pixel_is_seen_in_the_end() -> None:
    rng = np.random.default_rng(1)
    seen = np.zeros((35, 33), int)
    for _ in range(300):
        for top, left in draw_windows(35, 33, 2, 2, rng)[0]:
            seen[top : top + 8, left : left + 8] += 1
    assert seen.min() > 0


def test_windows_are_cut_where_they_were_drawn() -> None:
    frames = np.arange(2 * 9 * 10).reshape(2, 9, 10)
    found = cut_windows(frames, np.array([[1, 2], [4, 0]]), 3)
    expected = [
        frame[t : t + 3, left : left + 3] for frame in frames for t, left in [(1, 2), (4, 0)]
    ]
    assert np.array_equal(found, np.stack(expected))


def test_frames_too_small_are_told() -> None:
    with pytest.raises(InputError, match="60 pixels a side"):
        draw_windows(59, 100, 5, 3, np.random.default_rng(0))
