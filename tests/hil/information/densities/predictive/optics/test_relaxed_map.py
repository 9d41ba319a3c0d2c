"""The map of two levels behind known optics, from any beginning."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from hil.information.densities.predictive.optics.relaxed_map import relaxed_map

REACH, BORDER = 5, 5


def kernel_of(blur_px: float) -> np.ndarray:
    """What a level of 3,000 adds around it, (11, 11)."""
    one = np.zeros((2 * REACH + 1, 2 * REACH + 1))
    one[REACH, REACH] = 3000
    return gaussian_filter(one, blur_px).astype(np.float32)


def seen_of(blur_px: float, noise: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Frames (2, 60, 60), their weights, 0 in a border that nobody saw, and the map."""
    rng = np.random.default_rng(0)
    white = gaussian_filter(rng.standard_normal((2, 60, 60)), (0, 1.5, 1.5))
    b = (white > 0).astype(np.float32)
    light = 1000 + 3000 * gaussian_filter(b, (0, blur_px, blur_px))
    y = (light + noise * rng.standard_normal(light.shape)).astype(np.float32)
    w = np.zeros_like(y)
    inside = np.s_[:, BORDER:-BORDER, BORDER:-BORDER]
    w[inside] = noise**-2
    y[w == 0] = 0
    return y, w, b


@pytest.mark.parametrize(("blur_px", "wrong"), [(0.6, 0.004), (1.0, 0.004), (1.5, 0.04)])
def test_maps_are_found_whatever_they_begin_with(blur_px: float, wrong: float) -> None:
    y, w, b = seen_of(blur_px, 40.0)
    inside = np.s_[:, BORDER:-BORDER, BORDER:-BORDER]
    for start in (np.zeros_like(y), (y > 2500).astype(np.float32)):
        found = relaxed_map(y, w, kernel_of(blur_px), 1000.0, start)
        assert set(np.unique(found)) <= {0.0, 1.0}
        assert (found != b)[inside].mean() <= wrong


def test_units_of_the_frames_change_nothing() -> None:
    y, w, _ = seen_of(1.0, 40.0)
    start = np.zeros_like(y)
    found = relaxed_map(y, w, kernel_of(1.0), 1000.0, start)
    again = relaxed_map(y / 16, w * 256, kernel_of(1.0) / 16, 1000.0 / 16, start)
    assert np.array_equal(found, again)


def test_optics_that_pass_nothing_leave_what_was_begun_with() -> None:
    y, w, b = seen_of(1.0, 40.0)
    assert np.array_equal(relaxed_map(y, w, 0 * kernel_of(1.0), 1000.0, b), b)
    assert np.array_equal(relaxed_map(y, 0 * w, kernel_of(1.0), 1000.0, b), b)
