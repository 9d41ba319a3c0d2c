"""Spectra tell blurred details from sharp ones and from smooth light, and noise that is not white."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from hil.information.diagnostics.spectrum import sharpness

SHAPE = (6, 64, 64)


def images(sigma: float, sd: float) -> np.ndarray:
    rng = np.random.default_rng(0)
    scene = gaussian_filter(rng.standard_normal(SHAPE), (0, sigma, sigma))
    noisy = sd * scene / scene.std() + 2 * rng.standard_normal(SHAPE)
    return noisy.astype(np.float32)


@pytest.mark.parametrize(
    ("sigma", "sd", "blurred", "by_noise_alone"),
    [
        (1.5, 50.0, True, True),
        (1.0, 25.0, True, False),  # something is left, a little
        (0.3, 50.0, False, False),  # as sharp as the pixels
        (6.0, 50.0, False, True),  # smooth light: nothing says what optics would leave
        (1.5, 0.0, False, True),  # a flat field
    ],
)
def test_optics_are_told_by_details_that_they_blurred(
    sigma: float, sd: float, blurred: bool, by_noise_alone: bool
) -> None:
    found = sharpness(images(sigma, sd), 4.0)
    assert found.blurred is blurred
    assert found.by_noise_alone is by_noise_alone


def test_small_images_tell_nothing() -> None:
    found = sharpness(images(1.5, 50.0)[:, :32, :32], 4.0)
    assert not found.blurred
    assert not found.by_noise_alone


def rows(noise: np.ndarray) -> np.ndarray:
    lines = np.random.default_rng(1).standard_normal((*noise.shape[:2], 1))
    return np.asarray(noise + 1.5 * lines)


def bands_of_columns(noise: np.ndarray) -> np.ndarray:
    return rows(noise.swapaxes(1, 2)).swapaxes(1, 2)


def smoothed(noise: np.ndarray) -> np.ndarray:
    return np.asarray((noise + np.roll(noise, 1, axis=2)) / 2)


def sharpened(noise: np.ndarray) -> np.ndarray:
    return np.asarray(noise + 0.5 * (noise - gaussian_filter(noise, (0, 1, 1))))


@pytest.mark.parametrize(
    ("camera", "flag"),
    [
        (np.asarray, None),
        (rows, "noise_correlated"),
        (bands_of_columns, "noise_correlated"),
        (sharpened, "noise_correlated"),
        (smoothed, "noise_mismatch"),
    ],
)
def test_noise_that_is_not_white_shows_in_single_frames(
    camera: Callable[[np.ndarray], np.ndarray], flag: str | None
) -> None:
    noise = 2 * np.random.default_rng(2).standard_normal(SHAPE)
    found = sharpness(camera(noise).astype(np.float32), 4.0).flags()
    assert found == ({flag} if flag else set())


@pytest.mark.parametrize(
    ("camera", "floor"),
    [
        (np.asarray, False),
        (lambda noise: 1.3 * noise, True),  # more than is said
        (sharpened, True),
    ],
)
def test_noise_that_is_more_is_a_floor_under_a_blurred_scene(
    camera: Callable[[np.ndarray], np.ndarray], floor: bool
) -> None:
    rng = np.random.default_rng(3)
    scene = images(1.8, 40.0) - images(1.8, 0.0)
    noise = 2 * rng.standard_normal(SHAPE)
    found = sharpness((scene + camera(noise)).astype(np.float32), 4.0)
    assert found.floor is floor
    assert found.flags() == ({"noise_mismatch"} if floor else set())


def test_edges_that_were_sampled_have_no_floor() -> None:
    fields = gaussian_filter(np.random.default_rng(4).standard_normal(SHAPE), (0, 3, 3))
    for high in (3.0, 10.0, 40.0):
        noise = 2 * np.random.default_rng(5).standard_normal(SHAPE)
        found = sharpness((np.where(fields > 0, high, 0.0) + noise).astype(np.float32), 4.0)
        assert not found.floor


def test_a_blurred_scene_does_not_hide_row_noise_and_is_none() -> None:
    scene = images(1.5, 50.0)
    assert not sharpness(scene, 4.0).flags()
    assert sharpness(rows(scene).astype(np.float32), 4.0).flags() == {"noise_correlated"}
    assert not sharpness(images(0.3, 50.0), 4.0).flags()  # sharp scenes may have rows


def test_brightness_that_is_all_that_differs_may_be_the_lamp() -> None:
    rng = np.random.default_rng(6)
    noise, lamp = 2 * rng.standard_normal(SHAPE), 3 * rng.standard_normal((SHAPE[0], 1, 1))
    flickering = sharpness((noise + lamp).astype(np.float32), 4.0)
    assert flickering.flags(0.05) == {"noise_mismatch"}
    assert not flickering.flags(0.01), "that is as good as nothing"
    assert not sharpness(noise.astype(np.float32), 4.0).flags(0.05)
    for scene in (images(1.5, 20.0), images(6.0, 20.0), noise + 2 * rng.standard_normal(SHAPE)):
        assert not sharpness((scene + lamp).astype(np.float32), 4.0).flags(0.05)
