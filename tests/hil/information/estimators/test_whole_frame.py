"""`whole_frame` on scenes whose information is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import poisson

from hil.information import estimate_information
from hil.noise import CameraNoise, GaussianNoise, PoissonNoise

SIDE, N = 32, 300
NOISE = GaussianNoise(10.0)


def low_rank(powers: np.ndarray, n: int = N, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    directions = np.linalg.qr(rng.standard_normal((SIDE**2, len(powers))))[0]
    scene = (rng.standard_normal((n, len(powers))) * np.sqrt(powers)) @ directions.T
    return (500 + 10 * (scene + rng.standard_normal(scene.shape))).reshape(n, SIDE, SIDE)


@pytest.mark.parametrize("last", [2.0, 0.2])
def test_few_directions_from_fewer_frames_than_pixels(last: float) -> None:
    powers = np.geomspace(3000, last, 40)
    truth = 0.5 * np.log2(1 + powers).sum() / SIDE**2
    found = estimate_information(low_rank(powers), NOISE, "whole_frame")
    assert found.bits_per_pixel == pytest.approx(truth, abs=0.003)
    assert found.ci_low < truth < found.ci_high
    assert found.details["held_out_bits"] > truth  # the bound
    assert found.details["patches_bits"] > 5 * truth  # each patch tells the same again


@pytest.mark.parametrize("kinds", [4, 12])
def test_templates_tell_which_they_are(kinds: int) -> None:
    rng = np.random.default_rng(kinds)
    templates = rng.normal(500, 6, (kinds, SIDE, SIDE))
    frames = templates[rng.integers(kinds, size=N)] + rng.normal(0, 10, (N, SIDE, SIDE))
    found = estimate_information(frames, NOISE, "whole_frame")
    assert found.bits_per_pixel == pytest.approx(np.log2(kinds) / SIDE**2, abs=0.001)
    assert kinds <= found.details["kinds"] <= 2 * kinds


def test_integers_are_as_real_numbers() -> None:
    frames = low_rank(np.geomspace(1000, 5, 10))
    exact = estimate_information(frames, NOISE, "whole_frame").bits_per_pixel
    rounded = estimate_information(np.rint(frames).astype(np.uint16), NOISE, "whole_frame")
    assert rounded.bits_per_pixel == pytest.approx(exact, abs=0.001)


def test_repeats_are_no_new_scenes() -> None:
    rng = np.random.default_rng(3)
    powers = np.full(6, 50.0)
    directions = np.linalg.qr(rng.standard_normal((SIDE**2, 6)))[0]
    scene = (rng.standard_normal((150, 1, 6)) * np.sqrt(powers)) @ directions.T
    frames = 10 * (scene + rng.standard_normal((150, 2, SIDE**2))).reshape(150, 2, SIDE, SIDE)
    truth = 3 * np.log2(51) / SIDE**2
    found = estimate_information(frames, NOISE, "whole_frame")
    assert found.bits_per_pixel == pytest.approx(truth, abs=0.003)
    assert len(found.details["per_field_bits"]) == 150


def test_where_every_patch_is_news_the_patches_say_it() -> None:
    rng = np.random.default_rng(4)
    frames = rng.normal(0, np.sqrt(200), (40, 64, 64))  # white: half a bit in every pixel
    found = estimate_information(frames, NOISE, "whole_frame")
    assert found.bits_per_pixel == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("electrons", [0.5, 50.0])
def test_flat_fields_tell_nothing(electrons: float) -> None:
    noise = CameraNoise(0.5, 100, 1.6)
    rng = np.random.default_rng(5)
    frames = noise.sample(np.full((60, SIDE, SIDE), electrons), rng)
    found = estimate_information(frames, noise, "whole_frame")
    assert abs(found.bits_per_pixel) < 0.015  # of 61,440 pixels


def test_without_enough_fields_there_are_only_patches() -> None:
    frames = low_rank(np.ones(3), n=12)
    found = estimate_information(frames, NOISE, "whole_frame")
    assert found.bits_per_pixel == estimate_information(frames, NOISE, "stationary").bits_per_pixel
    assert found.details["whole_frame_reason"].startswith("12 fields of view; 20 are needed")
    drawn = estimate_information(low_rank(np.ones(3), n=40), NOISE, "whole_frame", n_patches=80)
    assert "other patches" in drawn.details["whole_frame_reason"]


@pytest.mark.parametrize("n", [60, 12])
def test_a_pattern_tells_nothing_of_whole_frames_and_is_no_flag(n: int) -> None:
    noise, rng = CameraNoise(0.5, 100, 1.6), np.random.default_rng(6)
    pixels = 500 * (1 + 0.1 * rng.standard_normal((SIDE, SIDE)))
    found = estimate_information(
        noise.sample(np.broadcast_to(pixels, (n, SIDE, SIDE)), rng), noise, "whole_frame", 8
    )
    few = n < 20  # then it is of patches, in which pixels that differ pass for a scene
    assert ("fixed_pattern" in found.flags) == few
    assert (found.bits_per_pixel > 0.5) == few
    assert few or abs(found.bits_per_pixel) < 0.01


@pytest.mark.parametrize(("photons", "spread"), [(500.0, 0.5), (50.0, 1.0), (5.0, 0.5)])
def test_objects_of_different_brightness_under_shot_noise(photons: float, spread: float) -> None:
    """All that frames tell is their sum; noise of the mean light made it 0.15 bit a pixel less."""
    place, rng = np.arange(8) - 3.5, np.random.default_rng(7)
    spot = photons * np.exp(-(place[:, None] ** 2 + place**2) / 8)
    z = np.linspace(-5, 5, 401)
    share = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
    most = spot.sum() * math.exp(5 * spread) * 1.2
    counts = np.unique(np.append(np.arange(1000), np.geomspace(1000, most, 2000)).astype(int))
    log = poisson.logpmf(counts[:, None], spot.sum() * np.exp(spread * z))
    p = np.exp(log) @ share
    each = np.gradient(counts.astype(float))  # so many counts are alike
    seen = -float(each @ (p * np.log2(np.maximum(p, 1e-300))))
    told = -float(each @ ((np.exp(log) * log) @ share)) / math.log(2)
    frames = rng.poisson(spot * np.exp(spread * rng.standard_normal((1000, 1, 1))))
    found = estimate_information(frames.astype(np.uint16), PoissonNoise(), "whole_frame", 8)
    assert found.details["whole_frame_bits"] == pytest.approx((seen - told) / 64, abs=0.012)
    assert found.details["held_out_bits"] > (seen - told) / 64 - 0.01


def test_frames_that_are_no_multiple_of_the_patch_are_seen_whole() -> None:
    """Of 24 x 24 pixels a patch of 16 is less than half, and tells all of an object."""
    rng = np.random.default_rng(8)
    shape = rng.standard_normal((24, 24))
    scene = 10 * rng.standard_normal((200, 1, 1)) * shape
    frames = 10 * (scene + rng.standard_normal(scene.shape))
    found = estimate_information(frames, NOISE, "whole_frame")
    told = 0.5 * math.log2(1 + 100 * float((shape**2).sum()))
    assert found.bits_per_pixel * 24**2 == pytest.approx(told, rel=0.05)


@pytest.mark.parametrize("n", [100, 1000])
def test_a_dark_border_tells_nothing_and_takes_nothing(n: int) -> None:
    """Corners see a photon in a thousand frames, or none: they made it -0.04 and -0.25 bit."""
    place, rng = np.arange(12) - 5.5, np.random.default_rng(9)
    spot = 5 * np.exp(-(place[:, None] ** 2 + place**2) / 8)
    frames = rng.poisson(spot * np.exp(0.5 * rng.standard_normal((n, 1, 1)))).astype(np.uint16)
    found = estimate_information(frames, PoissonNoise(), "whole_frame", 12)
    assert found.details["whole_frame_bits"] == pytest.approx(0.0174, abs=0.025)
