"""Frames as pictures: their grey values, their size, and none where none are."""

from __future__ import annotations

from collections.abc import Callable

import imagecodecs
import numpy as np

from hil.store import Database
from hil.web.frame_images import FrameImages


def test_a_frame_is_drawn_between_two_values(
    database: Database, measured: Callable[..., str]
) -> None:
    key = measured(n=3)
    frame = database.frames(key, 0)[0, 0]
    drawn = imagecodecs.png_decode(FrameImages(database, key).png(0, 1000, 2000))
    assert drawn.shape == frame.shape
    np.testing.assert_array_equal(drawn[frame <= 1000], 0)
    np.testing.assert_array_equal(drawn[frame >= 2000], 255)
    middle = np.abs(frame.astype(float) - 1500) < 300
    expected = (frame[middle].astype(float) - 1000) / 1000 * 255
    assert np.abs(drawn[middle] - expected).max() <= 0.5


def test_the_scale_leaves_few_pixels_out(database: Database, measured: Callable[..., str]) -> None:
    images = FrameImages(database, measured(n=1))
    low, high = images.scale(0) or (0, 0)
    assert 0 <= low < high <= 4095


def test_no_frames_no_picture(database: Database, measured: Callable[..., str]) -> None:
    images = FrameImages(database, measured(n=5, frames=False))
    assert images.scale(0) is None
    assert images.png(4, 0, 1) is None, "it failed, and has none"
