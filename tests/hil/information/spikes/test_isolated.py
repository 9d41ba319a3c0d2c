"""Pixels that stand alone are found; points behind optics, edges and noise are none."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from hil.information.diagnostics.spikes import SpikeLimit
from hil.information.spikes.isolated import (
    _lines,
    _median_of_four,
    _second_of_four,
    drawn,
    expected,
    isolated,
    surroundings,
)
from hil.noise import CameraNoise, GaussianNoise

CAMERA = CameraNoise(0.5, 100, 1.6)
LIMIT = SpikeLimit.of(CAMERA, 0.0, 20_000.0, True)
SHAPE = (2, 64, 64)


def texture(rng: np.random.Generator) -> np.ndarray:
    white = gaussian_filter(rng.standard_normal(SHAPE), (0, 1.5, 1.5))
    return np.asarray(60 * np.exp(0.5 * white / white.std()))


def test_spikes_are_found_on_a_blurred_scene_and_next_to_each_other() -> None:
    rng = np.random.default_rng(0)
    frames = CAMERA.sample(texture(rng), rng).astype(np.int32)
    placed = [(0, 10, 20), (0, 10, 22), (1, 0, 5), (1, 30, 63), (1, 40, 40), (1, 40, 41)]
    for n, at in enumerate(placed):
        frames[at] += 900 + 400 * n
    found = isolated(frames, LIMIT)
    assert set(placed) <= {tuple(at) for at in found.at.T.tolist()}
    assert len(found) <= len(placed) + 1


def struck(frames: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Add tracks in all directions, a pixel wide: frames, and where they are."""
    at = np.zeros(frames.shape, dtype=bool)
    for n in range(12):
        angle = np.pi * n / 12
        steps = np.arange(rng.integers(3, 12))
        row, column = rng.integers(13, 50, 2)
        down, across = np.rint(steps * np.sin(angle)), np.rint(steps * np.cos(angle))
        at[n % 2, row + down.astype(int), column + across.astype(int)] = True
    return np.asarray(frames + at * rng.integers(400, 4000, frames.shape)), at


def test_tracks_are_found_whole() -> None:
    rng = np.random.default_rng(4)
    clean = CAMERA.sample(texture(rng), rng).astype(np.int32)
    frames, at = struck(clean, rng)
    found = isolated(frames, LIMIT, tracks=True)
    assert at[tuple(found.at)].mean() > 0.95
    left = frames.astype(float)
    left[tuple(found.at)] = found.level_adu
    assert (np.abs(left - clean) > 300).sum() < 0.08 * at.sum()


@pytest.mark.parametrize("sigma", [0.7, 1.0])
def test_filaments_and_edges_behind_optics_are_no_tracks(sigma: float) -> None:
    rng = np.random.default_rng(5)
    lines, _ = struck(np.zeros(SHAPE), rng)
    steps = np.cumsum(rng.random(SHAPE) < 0.01, axis=2) % 2
    light = gaussian_filter(np.stack([lines, 2000.0 * steps]), (0, 0, sigma, sigma))
    found = isolated(CAMERA.sample(20 + light.reshape(4, 64, 64), rng), LIMIT, tracks=True)
    assert len(found) <= 2


@pytest.mark.parametrize("sigma", [0.8, 1.0, 1.5])
def test_points_behind_optics_are_the_scene_s(sigma: float) -> None:
    rng = np.random.default_rng(1)
    points = gaussian_filter(np.where(rng.random(SHAPE) < 4e-3, 5e4, 0.0), (0, sigma, sigma))
    found = isolated(CAMERA.sample(20 + points, rng), LIMIT)
    assert len(found) <= 1


def test_smooth_scenes_far_above_the_noise_keep_their_pixels() -> None:
    fields = gaussian_filter(np.random.default_rng(6).standard_normal(SHAPE), (0, 2, 2))
    for contrast in (1e3, 5e3):
        light = contrast * (6 + fields / fields.std())
        frames = np.random.default_rng(7).normal(light, 0.8)
        quiet = SpikeLimit.of(GaussianNoise(0.8), 0.0, float(frames.max()), True)
        assert len(isolated(np.rint(frames).astype(np.uint16), quiet, tracks=True)) == 0


def test_noise_and_edges_have_none_and_tiny_images_neither() -> None:
    rng = np.random.default_rng(2)
    edges = gaussian_filter(np.where(texture(rng) > 60, 4000.0, 100.0), (0, 0.8, 0.8))
    assert len(isolated(CAMERA.sample(edges, rng), LIMIT)) <= 1
    assert len(isolated(CAMERA.sample(np.full(SHAPE, 3.0), rng), LIMIT)) == 0
    assert len(isolated(CAMERA.sample(np.full((1, 4, 64), 3.0), rng), LIMIT)) == 0


def test_what_would_be_there_is_the_scene_and_its_noise() -> None:
    rng = np.random.default_rng(3)
    light = texture(rng)
    frames = CAMERA.sample(light, rng)
    at = np.stack([rng.integers(0, n, 2000) for n in SHAPE])
    level = expected(surroundings(frames, at))
    truth = light[tuple(at)] / 0.5 + 100
    variance = CAMERA.mean_variance_adu2(float(truth.mean()), True)
    assert np.mean(level - truth) == pytest.approx(0, abs=2.0)
    replaced = drawn(level, LIMIT, rng)
    assert np.mean((replaced - truth) ** 2) == pytest.approx(variance, rel=0.3)


def test_medians_of_four_are_those_of_numpy_bit_for_bit() -> None:
    rng = np.random.default_rng(3)
    for values in (rng.standard_normal((4, 500)), rng.integers(0, 4, (4, 500)), np.ones((4, 1))):
        four = np.asarray(values, dtype=np.float32)
        assert np.array_equal(_median_of_four(four), np.median(four, axis=0))
        assert np.array_equal(_second_of_four(four), np.sort(four, axis=0)[-2])


def test_surroundings_are_mirrored_at_the_borders() -> None:
    image = np.arange(30.0).reshape(1, 5, 6).astype(np.uint16)
    padded = np.pad(image[0], 2, mode="reflect")
    row, column = (axis.ravel() for axis in np.indices((5, 6)))
    near = surroundings(image, np.stack([np.zeros_like(row), row, column]))
    around = [(r, q) for r in range(-2, 3) for q in range(-2, 3) if (r, q) != (0, 0)]
    for one, (down, across) in zip(near, around, strict=True):
        assert np.array_equal(one, padded[row + 2 + down, column + 2 + across])
    assert np.array_equal(expected(near), np.median(_lines(near), axis=0))
