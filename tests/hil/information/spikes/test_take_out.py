"""Spikes that are known to be no scene count nowhere; of those that may be, it is said."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from hil.information import estimate_information
from hil.noise import CameraNoise
from hil.records.estimate import Estimate, making_wrong

CAMERA = CameraNoise(0.5, 100, 1.6)
SHAPE = (6, 1, 64, 64)


def estimated(
    light: np.ndarray, share: float, repeats: int = 1, family: str = "predictive"
) -> Estimate:
    rng = np.random.default_rng(5)
    frames = CAMERA.sample(np.repeat(light, repeats, axis=1), rng)
    at = rng.random(frames.shape) < share
    frames = frames + at * rng.integers(300, 3000, frames.shape)
    return estimate_information(frames.astype(np.uint16), CAMERA, family, 8)


def texture(sigma: float) -> np.ndarray:
    white = gaussian_filter(np.random.default_rng(4).standard_normal(SHAPE), (0, 0, sigma, sigma))
    return np.asarray(60 * np.exp(0.5 * white / white.std()))


@pytest.mark.parametrize(
    ("family", "repeats"), [("predictive", 1), ("stationary", 1), ("stationary", 2)]
)
def test_spikes_on_a_blurred_scene_add_nothing(family: str, repeats: int) -> None:
    clean = estimated(texture(1.5), 0.0, repeats, family)
    struck = estimated(texture(1.5), 3e-3, repeats, family)
    assert struck.bits_per_pixel == pytest.approx(clean.bits_per_pixel, abs=0.012)
    assert "spikes_left_out" in struck.flags
    assert struck.details["spike_share"] == pytest.approx(3e-3, rel=0.2)
    assert not making_wrong(struck.flags)


def test_of_single_frames_without_details_nobody_can_tell() -> None:
    flat = np.full(SHAPE, 60.0)
    few, many = (estimated(flat, share) for share in (2e-4, 4e-3))
    assert not making_wrong(few.flags)
    assert "spikes_possible" in many.flags
    assert many.details["spike_possible_bits"] == pytest.approx(many.bits_per_pixel, abs=0.02)


def test_tracks_of_particles_count_as_spikes() -> None:
    rng = np.random.default_rng(7)
    more = np.zeros(SHAPE)
    for field in more[:, 0]:
        for row, column in zip(range(4, 60, 12), rng.integers(4, 50, 5), strict=True):
            field[row, column : column + rng.integers(3, 9)] += rng.integers(500, 3000)
    for light in (texture(1.5), np.full(SHAPE, 60.0)):
        frames = CAMERA.sample(light, rng)
        clean, struck = (
            estimate_information((frames + one).astype(np.uint16), CAMERA, None, 8)
            for one in (np.zeros(SHAPE), more)
        )
        if "spikes_left_out" in struck.flags:
            assert struck.bits_per_pixel == pytest.approx(clean.bits_per_pixel, abs=0.01)
        else:
            assert "spikes_possible" in struck.flags


def test_a_sharp_scene_is_left_as_it_is() -> None:
    found = estimated(texture(0.3), 0.0)
    assert not {"spike_share", "spike_possible_bits"} & set(found.details)
    assert not found.flags


def test_beads_of_one_pixel_stay_where_repeats_have_them() -> None:
    rng = np.random.default_rng(6)
    beads = np.where(rng.random(SHAPE) < 2e-3, 2000.0, 50.0)
    found = estimated(beads, 0.0, repeats=2)
    assert "spike_share" not in found.details
    assert found.bits_per_pixel == pytest.approx(0.021, abs=0.01)


def test_one_high_hit_is_taken_out_for_families_that_know_variances_alone() -> None:
    frames = CAMERA.sample(texture(1.5), np.random.default_rng(6)).astype(np.uint16)
    clean = estimate_information(frames, CAMERA, "stationary", 8)
    frames[2, 0, 30, 40] += 20_000
    struck = estimate_information(frames, CAMERA, "stationary", 8)
    assert struck.bits_per_pixel == pytest.approx(clean.bits_per_pixel, abs=0.005)
    assert struck.details["spike_bits"] < 0.002, "by itself it is next to nothing"
