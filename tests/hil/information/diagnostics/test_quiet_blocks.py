"""Noise in the quiet parts of scenes that are as sharp as the pixels."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from hil import estimate_information
from hil.information.diagnostics.quiet_blocks import look_at_quiet_blocks
from hil.noise import CameraNoise

CAMERA = CameraNoise(0.5, 100, 1.6)
SHAPE = (8, 128, 128)


@cache
def discs() -> np.ndarray:
    rng = np.random.default_rng(8)
    y, x = np.ogrid[: SHAPE[1], : SHAPE[2]]
    result = np.ones(SHAPE)
    for field in result:
        for _ in range(150):
            radius = 3.0 * rng.random() ** -0.7
            at = rng.uniform(-20, SHAPE[1] + 20, 2)
            field[(y - at[0]) ** 2 + (x - at[1]) ** 2 < radius**2] = rng.uniform(0.3, 2)
    return result


def leaves(rng: np.random.Generator) -> np.ndarray:
    """Discs of many sizes and brightnesses before each other, (n, H, W)."""
    return np.roll(discs(), rng.integers(0, SHAPE[1], 2), (1, 2))


def binary(rng: np.random.Generator) -> np.ndarray:
    return np.where(rng.random(SHAPE) < 0.5, 0.5, 1.5)


def mosaic(rng: np.random.Generator) -> np.ndarray:
    """A sensor behind filters of colours."""
    colours = np.array([[0.4, 1.0], [1.0, 1.6]])
    return np.asarray(leaves(rng) * np.tile(colours, (SHAPE[1] // 2, SHAPE[2] // 2)))


def stripes(rng: np.random.Generator) -> np.ndarray:
    phase = rng.random((SHAPE[0], 1, 1))
    return np.broadcast_to(1 + 0.5 * np.sin(2 * np.pi * (np.arange(128) / 3 + phase)), SHAPE)


def smooth(rng: np.random.Generator) -> np.ndarray:
    return np.asarray(1 + gaussian_filter(rng.standard_normal(SHAPE), (0, 6, 6)) * 4)


def sharpened(frames: np.ndarray, amount: float, width: float = 1.0) -> np.ndarray:
    blurred = gaussian_filter(frames.astype(float), (0, width, width))
    return np.asarray(np.rint(frames + amount * (frames - blurred)), dtype=frames.dtype)


@pytest.mark.parametrize("light_e", [20.0, 400.0])
@pytest.mark.parametrize("scene", [leaves, binary, mosaic, stripes, smooth])
def test_white_noise_is_white_whatever_the_scene(
    scene: Callable[[np.random.Generator], np.ndarray], light_e: float
) -> None:
    rng = np.random.default_rng(3)
    frames = CAMERA.sample(light_e * np.maximum(scene(rng), 0), rng)
    found = look_at_quiet_blocks(frames, CAMERA)
    assert found.correlation > -3 * found.se
    assert not found.flags


@pytest.mark.parametrize("light_e", [20.0, 400.0])
@pytest.mark.parametrize(("amount", "width"), [(0.7, 1.0), (1.0, 0.7), (2.0, 1.0)])
def test_a_filter_that_sharpens_shows_where_scenes_are_quiet(
    amount: float, width: float, light_e: float
) -> None:
    rng = np.random.default_rng(4)
    frames = CAMERA.sample(light_e * leaves(rng), rng)
    assert look_at_quiet_blocks(sharpened(frames, amount, width), CAMERA).flags == {
        "noise_correlated"
    }


def test_an_estimate_of_sharpened_frames_is_flagged() -> None:
    rng = np.random.default_rng(5)
    frames = CAMERA.sample(200 * leaves(rng), rng)
    plain, other = (
        estimate_information(one, CAMERA, "stationary", 8) for one in (frames, sharpened(frames, 1))
    )
    assert other.bits_per_pixel > plain.bits_per_pixel + 0.3
    assert "noise_correlated" not in plain.flags
    assert "noise_correlated" in other.flags


def test_scenes_of_the_finest_waves_are_no_noise() -> None:
    y, x = np.mgrid[: SHAPE[1], : SHAPE[2]]
    rng = np.random.default_rng(6)
    scene = 200 + 100 * np.sin(0.45 * 2 * np.pi * x + rng.uniform(0, 6, (8, 1, 1))) + 0 * y
    assert not look_at_quiet_blocks(CAMERA.sample(scene, rng), CAMERA).flags


def test_little_says_nothing() -> None:
    rng = np.random.default_rng(7)
    assert not look_at_quiet_blocks(CAMERA.sample(np.full((1, 64, 64), 9.0), rng), CAMERA).flags
    assert not look_at_quiet_blocks(np.full(SHAPE, 7), CAMERA).flags
