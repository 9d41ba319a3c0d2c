"""Bands of a lamp that flickers are whole rows, a sine apart; light that falls off is none."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from hil.information.diagnostics.spectrum import sharpness

N, HEIGHT, WIDTH = 6, 80, 72
ROWS = np.arange(HEIGHT)[:, None] / HEIGHT


def bands(rng: np.random.Generator, periods: float) -> np.ndarray:
    return np.sin(2 * np.pi * periods * ROWS + rng.uniform(0, 6.28, (N, 1, 1)))


def fall_off(rng: np.random.Generator) -> np.ndarray:
    return 30 * (1 - (ROWS - rng.uniform(0.3, 0.7, (N, 1, 1))) ** 2)


def edges(rng: np.random.Generator) -> np.ndarray:
    return 4.0 * ((6 * ROWS + rng.random((N, 1, 1))) % 1 < 0.3)


def seen(scene: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(8).standard_normal((N, HEIGHT, WIDTH))
    return np.asarray(scene + noise, dtype=np.float32)


@pytest.mark.parametrize("periods", [3.5, 6.0, 14.3])
def test_bands_are_flagged(periods: float) -> None:
    rows = seen(bands(np.random.default_rng(1), periods))
    for images in (rows, np.ascontiguousarray(rows.swapaxes(1, 2))):
        found = sharpness(images, 1.0)
        assert found.bands.share == pytest.approx(0.5, rel=0.3)  # of the noise: a sine's variance
        assert found.flags() == {"noise_correlated"}


def test_other_scenes_have_none() -> None:
    rng = np.random.default_rng(2)
    white = gaussian_filter(rng.standard_normal((N, HEIGHT, WIDTH)), (0, 1.5, 1.5))
    texture = 10 * white / white.std()
    for scene in (0 * ROWS, fall_off(rng), edges(rng), texture, texture + bands(rng, 6.0)):
        assert sharpness(seen(scene), 1.0).bands.share == 0


def test_bands_lie_in_all_frames() -> None:
    one = 3 * bands(np.random.default_rng(3), 6.0)
    one[2:] = 0
    assert sharpness(seen(one), 1.0).bands.share == 0


@pytest.mark.parametrize("leaning", [0.6, -0.9])
def test_fringes_that_lean_are_of_the_scene(leaning: float) -> None:
    across = np.arange(WIDTH) / WIDTH
    phase = np.random.default_rng(4).uniform(0, 6.28, (N, 1, 1))
    fringes = 3 * np.sin(2 * np.pi * (6 * ROWS + leaning * across) + phase)
    assert sharpness(seen(fringes), 1.0).bands.share == 0


def test_a_sine_of_light_is_at_most_its_mean() -> None:
    fringes = seen(10 * bands(np.random.default_rng(5), 6.0))
    assert sharpness(fringes, 1.0, light_adu=7.0).bands.share == 0
    assert sharpness(fringes, 1.0, light_adu=12.0).bands.share > 0
