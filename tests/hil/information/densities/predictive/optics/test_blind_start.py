"""Rare levels behind wide optics: where to begin with their map."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from hil.information.densities.predictive.optics.blind_start import blind_starts
from hil.information.densities.predictive.optics.two_level_optics import (
    REACH,
    BorderedFrames,
    TwoLevelOptics,
)

INSIDE = np.s_[:, REACH:-REACH, REACH:-REACH]


def seen_and_map(
    blur_px: float, share: float, ends: tuple[float, float]
) -> tuple[BorderedFrames, np.ndarray]:
    """Frames (3, 64, 64) of squares of 3 pixels, of which a share has the higher level."""
    rng = np.random.default_rng(5)
    side = 64 + 2 * REACH
    b = np.zeros((3, side, side), dtype=np.float32)
    chance = 1 - (1 - share) ** (1 / 9)
    begun = rng.random(b.shape) < chance
    for down in range(3):
        for across in range(3):
            b = np.maximum(b, np.roll(begun, (down, across), axis=(1, 2)))
    light = gaussian_filter(ends[0] + (ends[1] - ends[0]) * b, (0, blur_px, blur_px))
    y = rng.poisson(light[INSIDE]).astype(np.float32)
    return BorderedFrames.of(y, np.maximum(y, 1)), b


@pytest.mark.parametrize("blur_px", [1.0, 1.5, 1.8])
@pytest.mark.parametrize(("share", "ends"), [(0.06, (200.0, 2500.0)), (0.12, (500.0, 6000.0))])
def test_a_rare_level_is_found_behind_wide_optics(
    blur_px: float, share: float, ends: tuple[float, float]
) -> None:
    seen, b = seen_and_map(blur_px, share, ends)
    found = min(blind_starts(seen, 1.2), key=lambda one: float((one != b)[INSIDE].mean()))
    rare = b[INSIDE].mean()
    assert (found != b)[INSIDE].mean() < 0.15 * rare
    optics = TwoLevelOptics.of(seen, found, REACH)
    assert optics.kernel.sum() == pytest.approx(ends[1] - ends[0], rel=0.15)
    assert optics.dark == pytest.approx(ends[0], rel=0.1)


def test_the_same_frames_give_the_same_map() -> None:
    seen, _ = seen_and_map(1.5, 0.1, (300.0, 3000.0))
    for one, again in zip(blind_starts(seen, 1.2), blind_starts(seen, 1.2), strict=True):
        assert (one == again).all()


def test_frames_of_one_level_are_no_error() -> None:
    y = np.full((2, 40, 40), 7.0, dtype=np.float32)
    seen = BorderedFrames.of(y, np.ones_like(y))
    assert all(np.isfinite(one).all() for one in blind_starts(seen, 1.2))


def test_optics_that_reach_far_say_so() -> None:
    near, far = (seen_and_map(blur_px, 0.12, (500.0, 6000.0)) for blur_px in (0.7, 1.8))
    assert not TwoLevelOptics.of(*near, REACH).reaches(near[0], 2)
    assert TwoLevelOptics.of(*far, REACH).reaches(far[0], 2)
