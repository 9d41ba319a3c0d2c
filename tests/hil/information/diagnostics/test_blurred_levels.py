"""Few levels behind optics are told from scenes of the same spectrum."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from hil.information import OnlineEstimator, estimate_information, estimate_stored
from hil.information.diagnostics.blurred_levels import Levels, look_for_levels
from hil.noise import CameraNoise
from hil.records.estimate import making_wrong

CAMERA = CameraNoise(1.0, 100, 1.6)
SHAPE = (8, 1, 96, 96)


def blurred(light: np.ndarray, blur_px: float) -> np.ndarray:
    return gaussian_filter(light, (0, 0, blur_px, blur_px), mode="wrap") if blur_px else light


def smooth(rng: np.random.Generator, length_px: float) -> np.ndarray:
    white = blurred(rng.standard_normal(SHAPE), length_px)
    return np.asarray(white / white.std())


def of_levels(rng: np.random.Generator, grain_px: float, levels: tuple[float, ...]) -> np.ndarray:
    field = smooth(rng, grain_px)
    ends = np.quantile(field, np.arange(1, len(levels)) / len(levels))
    return np.asarray(levels)[np.searchsorted(ends, field)]


def squares(rng: np.random.Generator, side: int, levels: tuple[float, ...]) -> np.ndarray:
    n, _, height, width = SHAPE
    few = rng.choice(levels, size=(n, 1, height // side, width // side))
    return np.kron(few, np.ones((1, 1, side, side)))


def looked(light: np.ndarray, rng: np.random.Generator) -> Levels:
    frames = CAMERA.sample(light, rng)[:, 0].astype(np.float32)
    noise = float(light.mean()) + 1.6**2
    return look_for_levels(frames - frames.mean(), noise, 1.0)


@pytest.mark.parametrize("blur_px", [1.0, 1.5])
@pytest.mark.parametrize("levels", [(1000.0, 4000.0), (1000.0, 2000.0, 4000.0), (50.0, 200.0)])
@pytest.mark.parametrize("grain_px", [1.0, 2.0])
def test_levels_behind_optics_show(
    blur_px: float, levels: tuple[float, ...], grain_px: float
) -> None:
    rng = np.random.default_rng(1)
    found = looked(blurred(of_levels(rng, grain_px, levels), blur_px), rng)
    assert found.unseen(found.gaussian_bits)
    assert not found.unseen(0.3 * found.gaussian_bits)  # then they are known
    assert found.details()["evened_kurtosis"] < -0.35


def other_scenes(rng: np.random.Generator) -> dict[str, np.ndarray]:
    row, column = np.mgrid[:96, :96]
    angle, phase = rng.uniform(0, 2 * math.pi, (2, 8, 1, 1, 1))
    along = row * np.cos(angle) + column * np.sin(angle)
    found = {
        f"{kind}, {length_px:g} pixels, {mean:g} e": mean * made
        for mean in (60.0, 3000.0)
        for length_px in (0.7, 1.5, 4.0)
        for kind, made in (
            ("Gaussian process", 1 + 0.15 * smooth(rng, length_px)),
            ("log-normal", np.exp(0.5 * smooth(rng, length_px))),
            ("points", 0.2 + 50 * blurred((rng.random(SHAPE) < 0.01) * 1.0, length_px)),
        )
    }
    for period_px in (6.0, 12.0, 24.0):
        wave = np.sin(along * (2 * math.pi / period_px) + phase)
        found[f"fringes of {period_px:g} pixels"] = 3000 * (1 + 0.9 * wave)
    found["pixels of their own"] = rng.uniform(1000, 4000, SHAPE)
    found["sharp pixels of two levels"] = squares(rng, 1, (20.0, 60.0))
    found["flat"] = np.full(SHAPE, 500.0)
    return found


@pytest.mark.parametrize("which", list(other_scenes(np.random.default_rng(0))))
def test_no_other_scene_is_taken_for_levels(which: str) -> None:
    for seed in range(3):
        rng = np.random.default_rng(seed)
        found = looked(other_scenes(rng)[which], rng)
        assert not found.unseen(2 * max(found.gaussian_bits, 0.2)), found


def test_where_little_is_said_nothing_is_looked_for() -> None:
    rng = np.random.default_rng(1)
    light = blurred(of_levels(rng, 1.0, (1000.0, 4000.0)), 1.5)
    images = (light - light.mean())[:, 0].astype(np.float32)
    assert look_for_levels(images, 2500.0, 0.05) == Levels()
    assert look_for_levels(images, 2500.0, math.inf) == Levels()
    assert look_for_levels(images[:, :20], 2500.0, 1.0) == Levels()
    assert look_for_levels(images, 0.0, 1.0) == Levels()


def test_what_is_unseen_keeps_a_trial_from_winning() -> None:
    rng = np.random.default_rng(1)
    frames = CAMERA.sample(blurred(squares(rng, 2, (1000.0, 4000.0)), 1.5), rng)
    for family in ("predictive", "stationary"):
        found = estimate_information(frames, CAMERA, family)
        # 0.25 bit of squares, and what those around a patch tell
        assert found.bits_per_pixel > 0.8
        assert making_wrong(found.flags) == ("levels_blurred",)
    sharp = CAMERA.sample(squares(rng, 2, (1000.0, 4000.0)), rng)
    assert estimate_information(sharp, CAMERA).flags == ()


def test_frames_that_come_one_by_one_are_looked_at_too() -> None:
    rng = np.random.default_rng(4)
    frames = CAMERA.sample(blurred(of_levels(rng, 2.0, (1000.0, 4000.0)), 1.5), rng)
    whole = estimate_information(frames, CAMERA, "stationary")
    online = OnlineEstimator(CAMERA)
    for number, frame in enumerate(frames[:, 0]):
        online.update(frame, number)
    streamed = online.estimate()
    assert streamed.flags == whole.flags == ("levels_blurred",)
    kurtosis = whole.details["evened_kurtosis"]
    assert streamed.details["evened_kurtosis"] == pytest.approx(kurtosis, abs=0.01)
    for family in ("stationary", "predictive"):
        stored = estimate_stored(frames, CAMERA, family, memory_bytes=2**17, max_patches=400)
        assert stored.flags == ("levels_blurred",), family
    smooth_light = CAMERA.sample(3000 + 450 * smooth(rng, 1.5), rng)
    process = OnlineEstimator(CAMERA)
    for number, frame in enumerate(smooth_light[:, 0]):
        process.update(frame, number)
    assert process.estimate().flags == ()
    drawn = estimate_stored(smooth_light, CAMERA, "predictive", memory_bytes=2**17, max_patches=400)
    assert drawn.flags == ()
