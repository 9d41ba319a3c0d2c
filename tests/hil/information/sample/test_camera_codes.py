"""Cameras whose codes are not what the noise model says: shifted, scaled, clipped, repeated."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from hil.information import estimate_information
from hil.information.sample.camera_codes import look_at_codes
from hil.noise import CameraMapNoise, CameraNoise, PoissonNoise
from hil.records.estimate import Estimate

GAIN, OFFSET, READ = 0.8, 100.0, 1.6
OWN = CameraNoise(GAIN, OFFSET, READ, 16)


def light(n: int = 6, side: int = 64, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = gaussian_filter(rng.standard_normal((n, side, side)), (0, 1.5, 1.5))
    return 300 * np.exp(0.5 * x / x.std())


def taken(lambda_e: np.ndarray, repeats: int = 1, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    e = rng.poisson(np.repeat(lambda_e[:, None], repeats, axis=1))
    adu = e / GAIN + OFFSET + rng.normal(0, READ / GAIN, e.shape)
    return np.clip(np.rint(adu), 0, 4095).astype(np.uint16)


FRAMES = taken(light())


@cache
def plain_bits() -> float:
    return estimate_information(FRAMES, OWN, "copula", 8).bits_per_pixel


class Comb(NamedTuple):
    says: str
    factor: float


COMBS = [
    Comb("one bit", 2),
    Comb("two bits", 4),
    Comb("12 bits in 16", 16),
    Comb("three", 3),
    Comb("digital gain 1.25", 1.25),
    Comb("digital gain 1.5", 1.5),
    Comb("digital gain 2.7", 2.7),
]


@pytest.mark.parametrize("comb", COMBS, ids=lambda comb: comb.says)
@pytest.mark.parametrize("stated", ["adu", "codes"])
def test_a_comb_is_divided_out_whatever_the_noise_is_stated_for(comb: Comb, stated: str) -> None:
    frames = np.rint(FRAMES * comb.factor).astype(np.uint16)
    d = comb.factor
    noise = CameraNoise(GAIN / d, OFFSET * d, READ, 16) if stated == "adu" else OWN
    found = estimate_information(frames, noise, "copula", 8)
    assert found.bits_per_pixel == pytest.approx(plain_bits(), abs=0.002)
    assert "code_step" in found.flags
    assert found.details["code_step_adu"] == pytest.approx(d, abs=1e-3)
    assert found.details["noise_stated_in"] == stated


def test_counts_that_were_multiplied_are_counts() -> None:
    counts = np.random.default_rng(2).poisson(light() / 10).astype(np.uint16)
    once = estimate_information(counts, PoissonNoise(), "copula", 8)
    four = estimate_information(4 * counts, PoissonNoise(), "copula", 8)
    assert four.bits_per_pixel == pytest.approx(once.bits_per_pixel, abs=1e-9)
    assert "code_step" in four.flags


@pytest.mark.parametrize("share", [0.005, 0.03, 0.48, 0.9])
def test_a_pile_below_the_top_code_is_a_clip(share: float) -> None:
    top = int(np.quantile(FRAMES, 1 - share))
    found = estimate_information(np.minimum(FRAMES, top), OWN, "copula", 8)
    said = estimate_information(
        np.minimum(FRAMES, top), CameraNoise(GAIN, OFFSET, READ, 16, top), "copula", 8
    )
    assert found.bits_per_pixel == pytest.approx(said.bits_per_pixel, abs=1e-9)
    assert {"clips_inside", "saturated"} <= set(found.flags)
    assert found.details["clips_at_adu"] == top
    assert found.details["saturated_share"] == pytest.approx(np.mean(FRAMES >= top))


def test_a_black_level_that_was_cut_off_counts_as_clipped() -> None:
    black = int(np.quantile(FRAMES, 0.05))
    found = estimate_information(np.maximum(FRAMES, black), OWN, "copula", 8)
    assert {"clips_inside", "saturated"} <= set(found.flags)
    assert found.details["black_level_adu"] == black


RNG = np.random.default_rng(5)
INNOCENT = {
    "a scene": FRAMES,
    "dark": taken(np.zeros((6, 64, 64))),
    "two levels": taken(np.where(RNG.random((6, 64, 64)) < 0.5, 100.0, 900.0)),
    "a bright background": taken(np.where(RNG.random((6, 64, 64)) < 0.7, 800.0, 50.0)),
    "few pixels": FRAMES[:2, :, :16, :16],
    "sparse beads": taken(np.where(RNG.random((6, 64, 64)) < 0.001, 2000.0, 50.0)),
}


@pytest.mark.parametrize("name", INNOCENT)
def test_what_a_scene_does_passes_for_no_camera(name: str) -> None:
    found = estimate_information(INNOCENT[name], OWN, "copula", 8)
    assert not set(found.flags) & {
        "code_step",
        "codes_not_divided",
        "clips_inside",
        "duplicate_frames",
        "noise_unit_unclear",
    }


def test_counts_of_a_few_photons_are_no_comb_and_no_clip() -> None:
    for mean in (0.1, 0.3, 1, 3):
        counts = np.random.default_rng(7).poisson(mean, (6, 64, 64)).astype(np.uint16)
        found = estimate_information(counts, PoissonNoise(), "copula", 8)
        assert not set(found.flags) & {"code_step", "clips_inside", "duplicate_frames"}


def test_a_frame_that_comes_twice_is_flagged() -> None:
    found = estimate_information(np.concatenate([FRAMES, FRAMES[:1]]), OWN, "copula", 8)
    assert "duplicate_frames" in found.flags
    assert found.details["duplicate_frames"] == 1


@pytest.mark.parametrize("estimator", ["stationary", "gaussian", "copula"])
def test_hits_are_no_information(estimator: str) -> None:
    rng = np.random.default_rng(8)
    flat = taken(np.full((8, 96, 96), 300.0))
    hit = rng.random(flat.shape) < 2e-4
    frames = np.minimum(flat + (hit * 3000).astype(np.uint16), 4095)
    found = estimate_information(frames, OWN, estimator, 8)
    assert found.bits_per_pixel <= 0.02
    assert found.bits_per_pixel <= found.details["single_pixel_bits"] + 1e-12


def mapped(times: float = 1.0, size: int = 64) -> CameraMapNoise:
    rng = np.random.default_rng(9)
    offset = OFFSET + rng.normal(0, 1.5, (size, size))
    response = 1 + 0.02 * rng.standard_normal((size, size))
    read = READ * np.exp(0.3 * rng.standard_normal((size, size)))
    return CameraMapNoise(GAIN / times, offset * times, read, response)


MAPPED = np.minimum(mapped().sample(light()[:, None], np.random.default_rng(10)), 4095)


@cache
def under_maps() -> Estimate:
    return estimate_information(MAPPED, mapped(), "copula", 8)


@pytest.mark.parametrize("comb", COMBS, ids=lambda comb: comb.says)
@pytest.mark.parametrize("stated", ["adu", "codes"])
def test_under_maps_the_raw_codes_are_looked_at(comb: Comb, stated: str) -> None:
    frames = np.rint(MAPPED * comb.factor).astype(np.uint16)
    noise = mapped(comb.factor if stated == "adu" else 1.0)
    found = estimate_information(frames, noise, "copula", 8)
    assert found.bits_per_pixel == pytest.approx(under_maps().bits_per_pixel, abs=0.004)
    assert "code_step" in found.flags
    assert found.details["noise_stated_in"] == stated


@pytest.mark.parametrize("share", [0.03, 0.3])
def test_under_maps_a_pile_of_raw_codes_is_a_clip(share: float) -> None:
    noise = mapped(size=32)
    drawn = noise.sample(light()[:, None, :32, :32], np.random.default_rng(10))
    top = int(np.quantile(drawn, 1 - share))
    frames = np.minimum(drawn, top)
    found = estimate_information(frames, noise, "copula", 8)
    said = estimate_information(frames, noise.recoded(1.0, 0.0, top), "copula", 8)
    assert found.bits_per_pixel == pytest.approx(said.bits_per_pixel, abs=1e-9)
    assert {"clips_inside", "saturated"} <= set(found.flags)
    assert found.details["clips_at_adu"] == top
    assert found.details["saturated_share"] >= np.mean(drawn >= top)


def test_under_maps_a_scene_passes_for_no_camera() -> None:
    assert not set(under_maps().flags) & {"code_step", "codes_not_divided", "clips_inside"}


def test_whole_numbers_are_codes_whatever_their_type() -> None:
    frames = (16 * FRAMES).astype(np.float32)
    found = estimate_information(frames, OWN, "copula", 8)
    assert "code_step" in found.flags
    assert found.bits_per_pixel == pytest.approx(plain_bits(), abs=0.002)


def test_read_noise_above_a_stated_clip_is_put_to_it() -> None:
    top = int(np.quantile(FRAMES, 0.9))
    noise = CameraNoise(GAIN, OFFSET, READ, 16, top)
    found = estimate_information(FRAMES, noise, "copula", 8)
    same = estimate_information(np.minimum(FRAMES, top), noise, "copula", 8)
    assert found.bits_per_pixel == pytest.approx(same.bits_per_pixel, abs=1e-12)
    assert "saturated" in found.flags


@pytest.mark.parametrize("repeats", [1, 2])
@pytest.mark.parametrize("stated_in", ["adu", "codes"])
def test_hits_do_not_change_the_unit_that_noise_is_stated_in(repeats: int, stated_in: str) -> None:
    rng = np.random.default_rng(7)
    plain = CameraNoise(0.7, 30, 1.8, 12)
    codes = plain.sample(np.full((6, repeats, 64, 64), 150.0), rng).astype(np.int64)
    codes += np.where(rng.random(codes.shape) < 2e-3, 1500, 0)
    frames = (4 * codes).astype(np.uint16)
    stated = plain if stated_in == "codes" else CameraNoise(0.7 / 4, 120, 1.8, 14)
    assert look_at_codes(frames, stated, None)[2].unit == stated_in
