"""What planes of levels, behind what optics, made some frames."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from hil.information.densities.predictive.optics.level_planes import (
    LevelPlanes,
    lloyd_levels,
    of_few_levels,
)
from hil.information.densities.predictive.optics.two_level_optics import REACH, BorderedFrames

INSIDE = np.s_[:, REACH:-REACH, REACH:-REACH]
HEIGHTS = np.array([1000.0, 2200.0, 4000.0])


def seen_and_levels(seed: int, blur_px: float = 1.0) -> tuple[BorderedFrames, np.ndarray]:
    """Frames (2, 60, 60) under noise of 40, and the number of each pixel's level."""
    rng = np.random.default_rng(seed)
    side = 60 + 2 * REACH
    smooth = gaussian_filter(rng.standard_normal((2, side, side)), (0, 4, 4))
    level = np.digitize(smooth / smooth.std(), [-0.5, 0.5])
    light = gaussian_filter(HEIGHTS[level], (0, blur_px, blur_px))[INSIDE]
    y = (light + 40 * rng.standard_normal(light.shape)).astype(np.float32)
    return BorderedFrames.of(y, np.full_like(y, 1600.0)), level[INSIDE]


def test_steps_and_planes_are_found_without_a_word_on_them() -> None:
    seen, level = seen_and_levels(0)
    planes, bits = LevelPlanes.begun(seen, 3)
    planes, bits = planes.fitted(seen, bits)
    assert planes.steps == pytest.approx([0.4, 0.6], abs=0.02)
    assert planes.optics.kernel.sum() == pytest.approx(3000, rel=0.02)
    assert planes.optics.dark == pytest.approx(1000, rel=0.03)
    wrong = np.mean(sum(planes.planes(bits))[INSIDE] != level)
    assert wrong < 0.02
    assert planes.optics.excess < 1.15

    seen, level = seen_and_levels(1)  # others, by the same optics
    found = planes.map_of(seen)
    assert np.mean(sum(planes.planes(found))[INSIDE] != level) < 0.02
    assert planes.refitted(seen, found).steps == pytest.approx(planes.steps, abs=0.02)


def test_light_is_what_planes_add_up_to() -> None:
    seen, _ = seen_and_levels(0)
    planes, bits = LevelPlanes.begun(seen, 3)
    light = planes.light(bits)
    assert np.unique(light) == pytest.approx([0, planes.steps[0], 1], abs=1e-6)
    assert planes.predict(light).shape == (2, 60, 60)


def test_levels_are_the_means_of_what_is_nearest_to_them() -> None:
    rng = np.random.default_rng(0)
    values = rng.choice([1.0, 4.0, 6.0], 3000) + 0.1 * rng.standard_normal(3000)
    assert lloyd_levels(values.astype(np.float32), 3) == pytest.approx([1, 4, 6], abs=0.02)


@pytest.mark.parametrize("blur_px", [0.0, 0.7, 1.5])
def test_blurred_levels_are_few(blur_px: float) -> None:
    assert of_few_levels(seen_and_levels(0, blur_px)[0].y[INSIDE])


@pytest.mark.parametrize("kind", ["normal", "uniform", "exponential", "constant"])
def test_other_values_are_not(kind: str) -> None:
    rng = np.random.default_rng(0)
    draw = {
        "normal": rng.standard_normal,
        "uniform": rng.random,
        "exponential": rng.standard_exponential,
        "constant": np.zeros,
    }[kind]
    assert not of_few_levels(np.asarray(draw(10_000), dtype=np.float32))
