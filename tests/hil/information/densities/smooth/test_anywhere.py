"""Patches of smooth frames between pixels and at any angle are what the light is there."""

from __future__ import annotations

import numpy as np
import pytest

from hil.information.densities.smooth.anywhere import patches_anywhere

P = 6


def plane(slopes: np.ndarray, height: int, width: int) -> np.ndarray:
    row, column = np.mgrid[:height, :width]
    light = slopes[:, :1, None] * row + slopes[:, 1:, None] * column
    return np.asarray(light, dtype=np.float32)


@pytest.mark.parametrize("turned", [False, True])
def test_patches_of_planes_are_planes_of_their_slope(turned: bool) -> None:
    frames = plane(np.array([[3.0, 4.0]]), 40, 50)
    found = patches_anywhere(frames, P, 200, np.random.default_rng(0), turned=turned)
    patch = found.reshape(-1, P, P)
    down, across = np.diff(patch, axis=1)[:, :, 0].mean(1), np.diff(patch, axis=2)[:, 0].mean(1)
    assert np.hypot(down, across) == pytest.approx(5.0, abs=0.2)
    if not turned:
        assert down == pytest.approx(3.0, abs=0.15)
        # places lie between pixels, all over the frame
        assert np.ptp(patch[:, 0, 0]) > 0.7 * np.ptp(frames)
        assert np.unique(np.round(patch[:, 0, 0] % 1, 2)).size > 50
    else:
        assert np.ptp(np.arctan2(across, down)) > 6


def test_frames_as_large_as_a_patch_have_it_turned() -> None:
    frames = plane(np.array([[1.0, 0.0], [0.0, 1.0]]), P, P)
    found = patches_anywhere(frames, P, 50, np.random.default_rng(0), turned=True)
    assert found.shape == (50, P * P)
    assert np.isfinite(found).all()
