"""Which frames are told by maps or planes, and which are left to predictions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from hil.information.densities.predictive.optics.level_planes import LevelPlanes
from hil.information.densities.predictive.optics.looks import looked_for, looked_for_planes
from hil.information.densities.predictive.optics.two_level_optics import BorderedFrames

MOST, TOLD = 0.5 * math.log(2), 1.27  # what predictions of such frames cost, and a ring of a pixel


def seen(light: np.ndarray) -> BorderedFrames:
    noise = 40 * np.random.default_rng(1).standard_normal(light.shape)
    y = (light + noise).astype(np.float32)
    return BorderedFrames.of(y, np.full_like(y, 1600.0))


def smooth(grain_px: float) -> np.ndarray:
    white = np.random.default_rng(0).standard_normal((2, 60, 60))
    light = gaussian_filter(white, (0, grain_px, grain_px))
    return np.asarray(light / light.std())


def test_three_levels_are_found_where_maps_of_two_are_not() -> None:
    level = np.digitize(smooth(6.0), [-0.43, 0.43])
    frames = seen(gaussian_filter(1000.0 + 1500.0 * level, (0, 1, 1)))
    assert looked_for(frames, MOST, TOLD) is None
    found = looked_for_planes(frames, MOST, TOLD)
    assert isinstance(found, LevelPlanes)
    assert found.steps == pytest.approx([0.5, 0.5], abs=0.02)


def test_points_of_one_brightness_are_searched_for() -> None:
    """Their first map leaves more of what frames show than that of discs."""
    points = np.random.default_rng(5).random((2, 64, 64)) < 0.02
    frames = seen(gaussian_filter(250.0 + 13_000.0 * points, (0, 0.8, 0.8)))
    found = looked_for(frames, MOST, TOLD)
    assert found is not None
    assert found.excess < 1.5


@pytest.mark.parametrize("light", [2500 + 1000 * smooth(2.0), np.full((2, 60, 60), 1000.0)])
def test_a_gaussian_process_and_a_flat_field_are_not(light: np.ndarray) -> None:
    frames = seen(light)
    assert looked_for(frames, MOST, TOLD) is None
    assert looked_for_planes(frames, MOST, TOLD) is None


def test_planes_that_cost_more_than_predictions_are_not_taken() -> None:
    level = np.digitize(smooth(6.0), [-0.43, 0.43])
    frames = seen(gaussian_filter(1000.0 + 1500.0 * level, (0, 1, 1)))
    assert looked_for_planes(frames, 0.1 * math.log(2), TOLD) is None
