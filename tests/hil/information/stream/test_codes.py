"""Odd codes: all at once, as they come, and drawn from a store say the same."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from hil.errors import InputError
from hil.information import OnlineEstimator, estimate_information, estimate_stored
from hil.noise import CameraMapNoise, CameraNoise, PoissonNoise
from hil.records.estimate import Estimate

GAIN, OFFSET, READ = 0.8, 100.0, 1.6
P = 8
OWN = CameraNoise(GAIN, OFFSET, READ)
CODES = {"code_step", "codes_not_divided", "clips_inside", "duplicate_frames", "noise_unit_unclear"}


def taken(repeats: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = gaussian_filter(rng.standard_normal((6, 1, 64, 64)), (0, 0, 1.5, 1.5))
    e = rng.poisson(np.repeat(300 * np.exp(0.5 * x / x.std()), repeats, axis=1))
    adu = e / GAIN + OFFSET + rng.normal(0, READ / GAIN, e.shape)
    return np.clip(np.rint(adu), 0, 4095).astype(np.uint16)


SINGLE, TWICE = taken(1), taken(2)


class Stored(NamedTuple):
    array: np.ndarray

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape

    @property
    def dtype(self) -> np.dtype:
        return self.array.dtype

    def __getitem__(self, field: int) -> np.ndarray:  # type: ignore[override]
        return np.asarray(self.array[field])


def three_ways(frames: np.ndarray, noise: object) -> tuple[Estimate, Estimate, Estimate]:
    batch = estimate_information(frames, noise, "stationary", P)  # type: ignore[arg-type]
    online = OnlineEstimator(noise, P)  # type: ignore[arg-type]
    online.look_ahead(frames.reshape(-1, *frames.shape[2:]))
    for field, own in enumerate(frames):
        online.update(own, field)
    stored = estimate_stored(Stored(frames), noise, "stationary", P, memory_bytes=2**14)  # type: ignore[arg-type, call-overload]
    assert "fields_streamed" in stored.details
    return batch, online.estimate(), stored


class Odd(NamedTuple):
    says: str
    factor: float
    close: float = 1e-6


COMBS = [
    Odd("one bit", 2),
    Odd("12 bits in 16", 16),
    Odd("digital gain 1.5", 1.5, 2e-3),
    Odd("digital gain 2.7", 2.7, 2e-3),
]


@pytest.mark.parametrize("stated", ["adu", "codes"])
@pytest.mark.parametrize("frames", [SINGLE, TWICE], ids=["single", "repeats"])
@pytest.mark.parametrize("odd", COMBS, ids=lambda odd: odd.says)
def test_a_comb_is_divided_out_of_sums_too(odd: Odd, frames: np.ndarray, stated: str) -> None:
    d = odd.factor
    noise = CameraNoise(GAIN / d, OFFSET * d, READ) if stated == "adu" else OWN
    ways = three_ways(np.rint(frames * d).astype(np.uint16), noise)
    plain = estimate_information(frames, OWN, "stationary", P)
    for found in ways:
        assert found.bits_per_pixel == pytest.approx(plain.bits_per_pixel, abs=max(odd.close, 2e-3))
        assert found.bits_per_pixel == pytest.approx(ways[0].bits_per_pixel, abs=odd.close)
        assert found.details["code_step_adu"] == pytest.approx(d, abs=1e-3)
        assert found.details["noise_stated_in"] == stated
        assert found.flags == ways[0].flags
        if frames is TWICE:
            ratio = ways[0].details["noise_variance_ratio"]
            assert found.details["noise_variance_ratio"] == pytest.approx(ratio, abs=0.01)


@pytest.mark.parametrize("bits", [12, 14])
def test_noise_stated_for_fewer_bits_takes_frames_of_more(bits: int) -> None:
    noise = CameraNoise(GAIN, OFFSET, READ, bits)
    ways = three_ways(SINGLE * 2 ** (16 - bits), noise)
    for found in ways:
        assert found.bits_per_pixel == pytest.approx(ways[0].bits_per_pixel, abs=1e-6)
        assert "code_step" in found.flags
    online = OnlineEstimator(CameraNoise(GAIN, OFFSET, READ, 9), P)
    with pytest.raises(InputError, match="above the clip"):
        online.update(SINGLE[0], 0)


@pytest.mark.parametrize("share", [0.02, 0.4])
@pytest.mark.parametrize("factor", [1, 16])
def test_a_pile_is_a_clip_all_ways(share: float, factor: int) -> None:
    top = int(np.quantile(TWICE, 1 - share))
    ways = three_ways((np.minimum(TWICE, top) * factor).astype(np.uint16), OWN)
    for found in ways:
        assert found.bits_per_pixel == pytest.approx(ways[0].bits_per_pixel, abs=1e-6)
        assert found.h_y_given_x_nats == pytest.approx(ways[0].h_y_given_x_nats, abs=1e-8)
        assert {"clips_inside", "saturated"} <= set(found.flags)
        assert found.details["clips_at_adu"] == top * factor
        share_there = ways[0].details["saturated_share"]
        assert found.details["saturated_share"] == pytest.approx(share_there)


def test_read_noise_above_a_full_well_is_put_to_it_all_ways() -> None:
    top = int(np.quantile(SINGLE, 0.95))
    ways = three_ways(SINGLE, CameraNoise(GAIN, OFFSET, READ, 16, top))
    for found in ways:
        assert found.bits_per_pixel == pytest.approx(ways[0].bits_per_pixel, abs=1e-6)
        assert "saturated" in found.flags


def test_copies_are_seen_all_ways_and_when_streams_meet() -> None:
    twice = SINGLE.copy()
    twice[5] = twice[1]
    for found in three_ways(twice, OWN):
        assert "duplicate_frames" in found.flags
        assert found.details["duplicate_frames"] == 1
    one, other = OnlineEstimator(OWN, P), OnlineEstimator(OWN, P)
    for field in (0, 1, 2):
        one.update(twice[field, 0], field)
    for field in (3, 4, 5):
        other.update(twice[field, 0], field)
    one.merge(other)
    assert one.estimate().details["duplicate_frames"] == 1


def mapped(times: float = 1.0) -> CameraMapNoise:
    rng = np.random.default_rng(9)
    offset = OFFSET + rng.normal(0, 1.5, (64, 64))
    read = READ * np.exp(0.3 * rng.standard_normal((64, 64)))
    response = 1 + 0.02 * rng.standard_normal((64, 64))
    return CameraMapNoise(GAIN / times, offset * times, read, response)


@pytest.mark.parametrize("factor", [16, 1.5])
def test_under_maps_the_raw_codes_are_looked_at_all_ways(factor: float) -> None:
    light = np.repeat((SINGLE - OFFSET) * GAIN, 2, axis=1).clip(0)
    frames = np.minimum(mapped().sample(light, np.random.default_rng(3)), 4095)
    ways = three_ways(np.rint(frames * factor).astype(np.uint16), mapped(factor))
    for found in ways:
        assert found.bits_per_pixel == pytest.approx(ways[0].bits_per_pixel, abs=1e-3)
        assert "code_step" in found.flags
        assert found.details["code_step_adu"] == pytest.approx(factor, abs=1e-3)


def test_under_maps_what_shows_late_is_flagged() -> None:
    frames = np.minimum(mapped().sample((SINGLE - OFFSET) * GAIN, np.random.default_rng(3)), 4095)
    top = int(np.quantile(frames, 0.9))
    online = OnlineEstimator(mapped(), P)
    online.update(np.full((64, 64), 100, np.uint16) + frames[0, 0] % 7, 0)
    for field in range(1, 6):
        online.update(np.minimum(frames[field, 0], top), field)
    assert {"clips_inside", "saturated"} <= set(online.estimate().flags)


@pytest.mark.parametrize("noise", [OWN, mapped()], ids=["camera", "maps"])
def test_patches_drawn_from_a_store_say_it_too(noise: object) -> None:
    frames = SINGLE.copy()
    frames[5] = frames[1]
    found = estimate_stored(Stored(16 * frames), noise, "copula", P, memory_bytes=2**14)  # type: ignore[arg-type, call-overload]
    assert "places_used" in found.details
    assert {"code_step", "duplicate_frames"} <= set(found.flags)
    plain = estimate_stored(Stored(SINGLE), noise, "copula", P, memory_bytes=2**14)  # type: ignore[arg-type, call-overload]
    assert not CODES & set(plain.flags)
    same = estimate_stored(Stored(16 * SINGLE), noise, "copula", P, memory_bytes=2**14)  # type: ignore[arg-type, call-overload]
    assert same.bits_per_pixel == pytest.approx(plain.bits_per_pixel, abs=0.01)


@pytest.mark.parametrize("mean", [0.3, 3, 30])
def test_counts_are_no_comb_and_no_clip(mean: float) -> None:
    counts = np.random.default_rng(7).poisson(mean, (6, 1, 64, 64)).astype(np.uint16)
    for found in three_ways(counts, PoissonNoise()):
        assert not CODES & set(found.flags)


def test_forgetting_keeps_what_the_codes_are() -> None:
    online = OnlineEstimator(OWN, P, half_life_frames=2.0)
    for field in range(6):
        online.update(16 * SINGLE[field, 0], field)
    found = online.estimate()
    assert "code_step" in found.flags
    plain = OnlineEstimator(OWN, P, half_life_frames=2.0)
    for field in range(6):
        plain.update(SINGLE[field, 0], field)
    assert found.bits_per_pixel == pytest.approx(plain.estimate().bits_per_pixel, abs=1e-6)
