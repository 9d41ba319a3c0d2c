"""What fields share, told from what they do not: how many bits it passes for."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from hil.information import estimate_information
from hil.information.diagnostics.fixed_pattern import check_pattern
from hil.information.sample.checks import check_frames
from hil.noise import CameraNoise

CAMERA = CameraNoise(0.5, 100, 1.6)
SIDE = 96


def scenes(rng: np.random.Generator, n_fields: int) -> np.ndarray:
    """Independent pixels, which vary by twice the shot noise."""
    result: np.ndarray = 8000 * np.exp(0.02 * rng.standard_normal((n_fields, 1, SIDE, SIDE)))
    return result


def response(rng: np.random.Generator) -> np.ndarray:
    return 1 + 0.01 * rng.standard_normal((SIDE, SIDE))


def vignetted(rng: np.random.Generator) -> np.ndarray:
    del rng
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    result: np.ndarray = 1.07 - 0.1 * (x**2 + y**2)  # of mean 1
    return result


def dusty(rng: np.random.Generator) -> np.ndarray:
    shadow = np.ones((SIDE, SIDE))
    for row, column in rng.integers(8, SIDE - 8, (12, 2)):
        shadow[row - 3 : row + 4, column - 3 : column + 4] = 0.95
    return shadow / shadow.mean()


class Case(NamedTuple):
    says: str
    pattern: Callable[[np.random.Generator], np.ndarray]
    least_bits: float


CASES = [
    Case("pixel response", response, 0.05),
    Case("vignetting", vignetted, 0.01),
    Case("dust", dusty, 0.01),
]


@pytest.mark.parametrize("share", [0.0, 0.025])
def test_pixels_that_differ_do_not_hide_in_the_contrast_of_a_blurred_scene(share: float) -> None:
    rng = np.random.default_rng(2)
    white = gaussian_filter(rng.standard_normal((6, 1, SIDE, SIDE)), (0, 0, 1.5, 1.5))
    light = 120 * np.exp(0.5 * white / white.std())
    pixels = 1 + share * rng.standard_normal((SIDE, SIDE))
    checked = check_frames(CAMERA.sample(light * pixels, rng), CAMERA, 8)
    found = check_pattern(checked, CAMERA.mean_variance_adu2(checked.mean_adu, True), 8)
    truth = 0.5 * np.log2(1 + share**2 * np.mean(light) ** 2 / (np.mean(light) + 1.6**2))
    assert found.shows is (share > 0)
    assert found.pixel_bits == pytest.approx(truth, abs=0.012)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
@pytest.mark.parametrize("estimator", ["copula"])
def test_a_pattern_is_flagged_and_sized_and_can_be_subtracted(case: Case, estimator: str) -> None:
    rng = np.random.default_rng(1)
    light, pattern = scenes(rng, 12), case.pattern(rng)
    without = estimate_information(CAMERA.sample(light, rng), CAMERA, estimator, 8).bits_per_pixel
    frames = CAMERA.sample(light * pattern, rng)
    found = estimate_information(frames, CAMERA, estimator, 8)
    excess = found.bits_per_pixel - without
    assert excess > case.least_bits
    assert "fixed_pattern" in found.flags
    assert found.details["fixed_pattern_bits"] == pytest.approx(excess, abs=0.04)
    less = estimate_information(frames, CAMERA, estimator, 8, subtract_pattern=True)
    assert less.bits_per_pixel == pytest.approx(without, abs=0.04)
    assert less.details["subtracted_pattern_bits"] == found.details["fixed_pattern_bits"]
    assert less.ci_high - less.ci_low > found.ci_high - found.ci_low
    assert "fixed_pattern" in less.flags


@pytest.mark.parametrize("n_fields", [4, 12])
def test_scenes_that_share_nothing_are_left_alone(n_fields: int) -> None:
    rng = np.random.default_rng(2)
    frames = CAMERA.sample(scenes(rng, n_fields), rng)
    found = estimate_information(frames, CAMERA, "copula", 8)
    less = estimate_information(
        frames, CAMERA, estimator="copula", patch_size=8, subtract_pattern=True
    )
    assert "fixed_pattern" not in found.flags
    assert abs(found.details["fixed_pattern_bits"]) < 0.005
    assert less.bits_per_pixel == found.bits_per_pixel


def test_one_scene_taken_for_many_fields_is_flagged_but_not_taken_to_nothing() -> None:
    rng = np.random.default_rng(3)
    frames = CAMERA.sample(np.repeat(scenes(rng, 1), 12, axis=0), rng)
    found = estimate_information(
        frames, CAMERA, estimator="copula", patch_size=8, subtract_pattern=True
    )
    assert "fixed_pattern" in found.flags
    assert found.details["subtracted_pattern_bits"] == 0
    assert found.bits_per_pixel > 0.1


def test_few_fields_are_not_enough() -> None:
    rng = np.random.default_rng(4)
    frames = CAMERA.sample(scenes(rng, 5) * response(rng), rng)
    found = estimate_information(
        frames, CAMERA, estimator="copula", patch_size=8, subtract_pattern=True
    )
    assert "fixed_pattern" in found.flags
    assert found.details["subtracted_pattern_bits"] == 0
