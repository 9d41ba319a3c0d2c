"""What map of two levels, behind what optics, made some frames."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from hil.information.densities.predictive.optics.two_level_optics import (
    REACH,
    ROUNDS,
    BorderedFrames,
    TwoLevelOptics,
)


def seen_and_map(blur_px: float, grain: int = 2) -> tuple[BorderedFrames, np.ndarray, np.ndarray]:
    """Frames (3, 60, 60) under noise of 40, and the map, which is wider."""
    rng = np.random.default_rng(0)
    side = 60 + 2 * REACH
    few = rng.random((3, side // grain, side // grain)) < 0.5
    b = np.kron(few, np.ones((1, grain, grain))).astype(np.float32)
    light = gaussian_filter(1000.0 + 3000.0 * b, (0, blur_px, blur_px))
    inside = np.s_[:, REACH:-REACH, REACH:-REACH]
    y = (light + 40 * rng.standard_normal(light.shape))[inside].astype(np.float32)
    return BorderedFrames.of(y, np.full_like(y, 1600.0)), b, light[inside]


def begun_and_fitted(seen: BorderedFrames) -> tuple[TwoLevelOptics, np.ndarray]:
    optics, b = TwoLevelOptics.begun(seen)
    return optics.fitted(seen, b, sum(ROUNDS))


@pytest.mark.parametrize(("blur_px", "wrong"), [(0.5, 0.001), (0.8, 0.02), (1.0, 0.06)])
def test_map_and_optics_are_found_without_a_word_on_either(blur_px: float, wrong: float) -> None:
    seen, b, light = seen_and_map(blur_px)
    optics, found = begun_and_fitted(seen)
    inside = np.s_[:, REACH:-REACH, REACH:-REACH]
    assert (found != b)[inside].mean() <= wrong
    assert optics.kernel.sum() == pytest.approx(3000, rel=0.02)
    assert optics.dark == pytest.approx(1000, rel=0.05)
    assert float(np.abs(optics.predict(found) - light).mean()) < 60
    again = optics.map_of(seen)
    assert (again != b)[inside].mean() <= 1.5 * wrong


def test_frames_of_one_level_are_no_error() -> None:
    y = np.full((2, 40, 40), 7.0, dtype=np.float32)
    seen = BorderedFrames.of(y, np.ones_like(y))
    optics, b = begun_and_fitted(seen)
    assert optics.excess == pytest.approx(0, abs=1e-3)
    assert np.isfinite(optics.predict(b)).all()
