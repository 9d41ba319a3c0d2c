"""Every way in which a camera is not what its noise model says is flagged, never silent."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest

from hil.information import OnlineEstimator, estimate_information
from hil.information.diagnostics.difference_sums import DifferenceSums
from hil.noise import CameraNoise, EmccdNoise, NoiseModel

CAMERA = CameraNoise(0.5, 100, 1.6)
TWELVE_BITS = CameraNoise(2.4, 100, 1.6, 12)
FIELDS, REPEATS, SIDE = 6, 4, 96
WRONG = {"noise_mismatch", "noise_correlated"}


def light(rng: np.random.Generator, mean_e: float = 1500.0) -> np.ndarray:
    """Smooth scenes, (FIELDS, REPEATS, SIDE, SIDE) electrons, the same in all repeats."""
    white = rng.standard_normal((FIELDS, 1, SIDE + 6, SIDE + 6))
    smooth = sum(white[..., i : i + SIDE, j : j + SIDE] for i in range(7) for j in range(7)) / 7
    scene: np.ndarray = mean_e * np.exp(0.4 * smooth - 0.08)
    return np.broadcast_to(scene, (FIELDS, REPEATS, SIDE, SIDE))


def exposed(lambda_e: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return CAMERA.sample(lambda_e, rng)


def sound(rng: np.random.Generator) -> np.ndarray:
    return exposed(light(rng), rng)


def dim(rng: np.random.Generator) -> np.ndarray:
    return exposed(light(rng, 4.0), rng)


def near_the_clip(rng: np.random.Generator) -> np.ndarray:
    return np.minimum(exposed(light(rng), rng), 4095)


def grain_at_the_clip(rng: np.random.Generator) -> np.ndarray:
    """Pixels that know nothing of their neighbours, a quarter of them clipped."""
    grain = 7500 * np.exp(0.3 * rng.standard_normal((FIELDS, 1, SIDE, SIDE)))
    return TWELVE_BITS.sample(np.repeat(grain, REPEATS, axis=1), rng)


def grain_with_wrong_gain(rng: np.random.Generator) -> np.ndarray:
    """The same with 1 % clipped, and half as many electrons to an ADU as the model says."""
    grain = 4200 * np.exp(0.3 * rng.standard_normal((FIELDS, 1, SIDE, SIDE)))
    lambda_e = np.repeat(grain, REPEATS, axis=1)
    return CameraNoise(1.2, 100, 1.6, 12).sample(lambda_e / 2, rng)


def lamp(relative_sd: float) -> Callable[[np.random.Generator], np.ndarray]:
    def flickering(rng: np.random.Generator) -> np.ndarray:
        factor = 1 + relative_sd * rng.standard_normal((FIELDS, REPEATS, 1, 1))
        return exposed(light(rng) * factor, rng)

    return flickering


def em_register(rng: np.random.Generator) -> np.ndarray:
    return EmccdNoise(50, 100, 160, 100).sample(light(rng), rng)


def row_noise(sd_adu: float) -> Callable[[np.random.Generator], np.ndarray]:
    def striped(rng: np.random.Generator) -> np.ndarray:
        stripes = rng.normal(0, sd_adu, (FIELDS, REPEATS, SIDE, 1))
        return np.rint(exposed(light(rng), rng) + stripes).astype(np.uint16)

    return striped


def smoothed(rng: np.random.Generator) -> np.ndarray:
    frames = exposed(light(rng), rng).astype(float)
    four = sum(np.roll(frames, (i, j), (-2, -1)) for i in (0, 1) for j in (0, 1)) / 4
    return np.rint(four).astype(np.uint16)


def wrong_gain(share: float) -> Callable[[np.random.Generator], np.ndarray]:
    def other(rng: np.random.Generator) -> np.ndarray:
        return CameraNoise(0.5 * share, 100, 1.6).sample(light(rng) * share, rng)

    return other


def two_gains(rng: np.random.Generator) -> np.ndarray:
    """Above 1500 electrons a second converter with much more read noise takes over."""
    lambda_e = light(rng)
    low_gain = CameraNoise(0.5, 100, 25).sample(lambda_e, rng)
    return np.where(lambda_e > 1500, low_gain, CameraNoise(0.5, 100, 1.6).sample(lambda_e, rng))


class Case(NamedTuple):
    says: str
    make: Callable[[np.random.Generator], np.ndarray]
    flags: set[str]
    noise: NoiseModel = CAMERA


CASES = [
    Case("sound", sound, set()),
    Case("four electrons", dim, set()),
    Case("clipped pixels are no mismatch", near_the_clip, set(), CameraNoise(0.5, 100, 1.6, 12)),
    Case("nor are clipped ones that clear ones surround", grain_at_the_clip, set(), TWELVE_BITS),
    Case("clipping explains no wrong gain", grain_with_wrong_gain, {"noise_mismatch"}, TWELVE_BITS),
    Case("a lamp that flickers by 1 %", lamp(0.01), {"noise_mismatch"}),
    Case("EM gain that is not in the model", em_register, {"noise_mismatch"}),
    Case("row noise of an eighth of the noise", row_noise(10.0), {"noise_correlated"}),
    Case("2 x 2 smoothing in the camera", smoothed, {"noise_correlated", "noise_mismatch"}),
    Case("gain 5 % too high in the calibration", wrong_gain(0.95), {"noise_mismatch"}),
    Case("gain 5 % too low in the calibration", wrong_gain(1.05), {"noise_mismatch"}),
    Case("two gains, merged", two_gains, {"noise_mismatch"}),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
@pytest.mark.parametrize("seed", [1, 2])
def test_never_silent(case: Case, seed: int) -> None:
    found = estimate_information(case.make(np.random.default_rng(seed)), case.noise, "stationary")
    assert set(found.flags) & WRONG == case.flags
    assert found.details["noise_checked"]


def test_the_online_estimator_flags_the_same() -> None:
    for case in CASES:
        frames = case.make(np.random.default_rng(1))
        online = OnlineEstimator(case.noise)
        for number, field in enumerate(frames):
            online.update(field, number)
        assert set(online.estimate().flags) & WRONG == case.flags, case.says


def test_the_size_of_flicker_is_stated() -> None:
    found = estimate_information(lamp(0.01)(np.random.default_rng(5)), CAMERA)
    assert found.details["flicker_share"] == pytest.approx(0.01, rel=0.3)
    # it was taken out of the variance, which it would have raised by a third
    assert found.details["noise_variance_ratio"] == pytest.approx(1.0, abs=0.02)


def test_a_lamp_steady_to_a_thousandth_is_measured_but_no_mismatch() -> None:
    found = estimate_information(lamp(0.001)(np.random.default_rng(5)), CAMERA)
    assert found.details["flicker_share"] == pytest.approx(0.001, rel=0.4)
    assert not set(found.flags) & WRONG


def test_the_share_of_row_noise_is_stated() -> None:
    found = estimate_information(row_noise(6.0)(np.random.default_rng(3)), CAMERA)
    variance = CAMERA.mean_variance_adu2(3100.0, True)
    assert found.details["row_noise_share"] == pytest.approx(36 / (36 + variance), rel=0.2)
    assert abs(found.details["column_noise_share"]) < 2e-3


def test_without_repeats_it_says_that_nothing_was_checked() -> None:
    found = estimate_information(sound(np.random.default_rng(1))[:, 0], CAMERA)
    assert found.details["noise_checked"] is False
    assert "noise_variance_ratio" not in found.details


def test_pixels_that_may_not_be_used_say_nothing() -> None:
    rng = np.random.default_rng(2)
    repeats = rng.normal(0, 3, (2, 3, 40, 50)).astype(np.float32)
    usable = rng.random((40, 50)) < 0.9
    wild = np.where(usable, repeats, 1e4 * rng.standard_normal(repeats.shape)).astype(np.float32)
    clean, dirty = (DifferenceSums.of(one, usable, 500.0) for one in (repeats, wild))
    assert dirty.square == pytest.approx(clean.square)
    assert dirty.rows == pytest.approx(clean.rows)
    assert dirty.size == np.count_nonzero(usable) * 4


def test_sums_add_up_and_fade() -> None:
    rng = np.random.default_rng(2)
    repeats = rng.normal(0, 3, (2, 3, 40, 50)).astype(np.float32)
    both = DifferenceSums.of(repeats, about_adu=300.0)
    first, second = (DifferenceSums.of(one, about_adu=300.0) for one in repeats)
    total = (first + second).scaled(0.5)
    assert total.square == pytest.approx(both.square / 2)
    assert total.level_size == pytest.approx(both.level_size / 2)
    assert total.square / total.size / 2 == pytest.approx(9.0, rel=0.1)
    assert math.isclose(total.n_common, 2.0)
