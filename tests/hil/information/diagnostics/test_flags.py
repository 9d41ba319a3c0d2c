"""Each flag on frames made to raise it, and not on frames that are sound."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest

from hil.information import estimate_information
from hil.information.diagnostics.flags import look_at_spectrum
from hil.information.sample.checks import check_frames
from hil.noise import CameraNoise, GaussianNoise, NoiseModel
from hil.records.estimate import FLAGS

CAMERA = CameraNoise(0.5, 100, 1.6, 12)
SIGMA = GaussianNoise(10)


def scene(
    n_fields: int, repeats: int, rng: np.random.Generator, sigma_adu: float = 10.0
) -> np.ndarray:
    """Smooth scenes in Gaussian noise about 500 ADU."""
    white = rng.standard_normal((n_fields, 1, 102, 102))
    smooth = sum(white[..., i : i + 96, j : j + 96] for i in range(7) for j in range(7)) * 5.0
    return 500 + smooth + rng.normal(0, sigma_adu, (n_fields, repeats, 96, 96))


def sound(rng: np.random.Generator) -> np.ndarray:
    return scene(8, 3, rng)


def louder(rng: np.random.Generator) -> np.ndarray:
    return scene(8, 3, rng) + rng.normal(0, 5, (8, 3, 96, 96))


def row_noise(rng: np.random.Generator) -> np.ndarray:
    return scene(8, 3, rng, math.sqrt(91)) + rng.normal(0, 3, (8, 3, 96, 1))


def fixed(rng: np.random.Generator) -> np.ndarray:
    return scene(8, 1, rng) + rng.normal(0, 5, (1, 1, 96, 96))


def three(rng: np.random.Generator) -> np.ndarray:
    return scene(3, 1, rng)


def one(rng: np.random.Generator) -> np.ndarray:
    return scene(1, 3, rng)


def clipped(rng: np.random.Generator) -> np.ndarray:
    return np.clip(scene(8, 1, rng), 0, 540)


def exposed(mean_e: float) -> Callable[[np.random.Generator], np.ndarray]:
    def frames(rng: np.random.Generator) -> np.ndarray:
        lit = mean_e * np.exp(0.3 * rng.standard_normal((8, 1, 64, 64)))
        adu = rng.poisson(lit) / 0.5 + 100 + rng.normal(0, 3.2, lit.shape)
        return np.clip(np.rint(adu), 0, 4095).astype(np.uint16)

    return frames


def too_dark(rng: np.random.Generator) -> np.ndarray:
    return np.rint(rng.normal(60, 4, (8, 64, 64))).astype(np.uint16)


def too_quiet(rng: np.random.Generator) -> np.ndarray:
    return rng.normal(500, 6, (8, 64, 64))


class Case(NamedTuple):
    says: str
    make: Callable[[np.random.Generator], np.ndarray]
    noise: NoiseModel
    flags: set[str]
    saturation_adu: float | None = None


CASES = [
    Case("sound frames", sound, SIGMA, set()),
    Case("noise larger than modelled", louder, SIGMA, {"noise_mismatch"}),
    Case("row noise", row_noise, SIGMA, {"noise_correlated"}),
    Case("pixel response", fixed, SIGMA, {"fixed_pattern"}),
    Case("three fields", three, SIGMA, {"too_few_units", "pattern_unchecked"}),
    Case("one field", one, SIGMA, {"too_few_units", "one_scene", "pattern_unchecked"}),
    Case("clipped where the caller says", clipped, SIGMA, {"saturated"}, saturation_adu=540),
    Case("sound camera frames", exposed(300), CAMERA, set()),
    Case("clipped by the bit depth", exposed(1800), CAMERA, {"saturated"}),
    Case("darker than the offset allows", too_dark, CAMERA, {"noise_mismatch"}),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
def test_flags(case: Case) -> None:
    found = estimate_information(
        case.make(np.random.default_rng(21)), case.noise, saturation_adu=case.saturation_adu
    )
    assert set(found.flags) - {"negative"} == case.flags
    assert set(found.flags) <= set(FLAGS)


def test_less_variance_than_noise_is_flagged_and_negative() -> None:
    found = estimate_information(too_quiet(np.random.default_rng(0)), SIGMA)
    assert found.flags == ("negative", "noise_mismatch")
    assert found.bits_per_pixel < 0


def test_saturated_share_is_the_share() -> None:
    frames = np.rint(sound(np.random.default_rng(2))).astype(np.uint16)
    frames[0, 0, :10, :10] = 4000
    found = estimate_information(frames, SIGMA, saturation_adu=4000)
    assert found.details["saturated_share"] == pytest.approx(100 / frames.size)
    assert "saturated" not in found.flags
    strict = estimate_information(frames, SIGMA, saturation_adu=4000, max_saturated_share=1e-5)
    assert "saturated" in strict.flags


def test_variance_ratio_says_how_wrong_the_noise_is() -> None:
    found = estimate_information(louder(np.random.default_rng(3)), SIGMA)
    assert found.details["noise_variance_ratio"] == pytest.approx(1.25, abs=0.02)


@pytest.mark.parametrize("turn", [1.0, -1.0])
def test_light_that_is_brighter_at_the_edges_is_as_noisy_as_it_must_be(turn: float) -> None:
    across = np.linspace(-1, 1, 96)
    light = 50 * np.exp(turn * (across**2 + across[:, None] ** 2 - 1))
    checked = check_frames(
        CAMERA.sample(np.tile(light, (6, 1, 1, 1)), np.random.default_rng(4)), CAMERA, 8
    )
    found = look_at_spectrum(checked, CAMERA)
    assert found.sharp.over == pytest.approx(0, abs=0.07)
    assert not found.flags()


def test_fixed_pattern_is_stated_in_bits() -> None:
    found = estimate_information(fixed(np.random.default_rng(3)), SIGMA)
    without = estimate_information(scene(8, 1, np.random.default_rng(3)), SIGMA)
    assert found.details["fixed_pattern_bits"] == pytest.approx(
        found.bits_per_pixel - without.bits_per_pixel, abs=0.01
    )


@pytest.mark.parametrize(("value", "noise"), [(0, CAMERA), (4095, CAMERA), (70, SIGMA)])
def test_constant_frames_carry_nothing_and_say_so(value: int, noise: NoiseModel) -> None:
    found = estimate_information(np.full((4, 32, 32), value, np.uint16), noise)
    assert found.bits_per_pixel == found.ci_low == found.ci_high == 0
    assert "noise_mismatch" in found.flags
    assert ("saturated" in found.flags) == (value in (0, 4095))


def test_one_small_field_has_no_interval() -> None:
    found = estimate_information(
        np.random.default_rng(1).normal(0, 10, (1, 8, 24, 8)), SIGMA, patch_size=8
    )
    assert math.isnan(found.ci_low) and math.isnan(found.ci_high)
    assert found.details["interval"] == "none"
    assert found.n_units == 1


@pytest.mark.parametrize("shape", [(3, 3), (2, 3), (3, 24)], ids=str)
def test_frames_of_a_few_pixels_are_looked_at_without_a_warning(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    frames = CAMERA.sample(rng.uniform(50, 500, (200, *shape)), rng)
    found = estimate_information(frames, CAMERA, "whole_frame", min(shape))
    assert math.isfinite(found.bits_per_pixel)
