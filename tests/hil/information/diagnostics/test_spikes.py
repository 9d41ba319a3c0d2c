"""Hits, hot pixels and noisy pixels are no wrong gain, and what is wrong hides behind none."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest

from hil.information import estimate_information
from hil.information.diagnostics.difference_sums import DifferenceSums
from hil.information.diagnostics.spikes import SpikeLimit, spike_bits
from hil.noise import CameraMapNoise, CameraNoise, EmccdNoise, NoiseModel, PoissonNoise
from hil.records.estimate import making_wrong

SHAPE = (6, 2, 64, 64)
CAMERA = CameraNoise(0.8, 60, 1.9, 14)


def scene(rng: np.random.Generator, mean_e: float = 80.0) -> np.ndarray:
    fields = mean_e * np.exp(0.6 * rng.standard_normal((SHAPE[0], 1, *SHAPE[2:])))
    return np.broadcast_to(fields, SHAPE)


def hit(frames: np.ndarray, rng: np.random.Generator, share: float, size: float) -> np.ndarray:
    more = np.where(rng.random(frames.shape) < share, rng.exponential(size, frames.shape), 0.0)
    return np.minimum(np.rint(frames + more), 16383).astype(np.uint16)


class Case(NamedTuple):
    """A camera under a noise model, and whether it is to be flagged."""

    frames: Callable[[np.random.Generator], np.ndarray]
    noise: NoiseModel
    flagged: bool


def hits(share: float, size: float = 1500.0) -> Callable[[np.random.Generator], np.ndarray]:
    return lambda rng: hit(CAMERA.sample(scene(rng), rng), rng, share, size)


def hot(rng: np.random.Generator) -> np.ndarray:
    """Pixels of much dark current: as much more noise as they have more signal."""
    dark = np.zeros(SHAPE[2:])
    dark.flat[rng.choice(dark.size, 2, replace=False)] = 3000.0
    return CAMERA.sample(scene(rng) + dark, rng)


def very_hot(rng: np.random.Generator) -> np.ndarray:
    dark = np.where(rng.random(SHAPE[2:]) < 4e-2, 3000.0, 0.0)
    return CAMERA.sample(scene(rng) + dark, rng)


def filtered(rng: np.random.Generator) -> np.ndarray:
    y = hits(1e-4)(rng).astype(float)
    return np.rint((y + np.roll(y, 1, axis=-1)) / 2).astype(np.uint16)


CASES = {
    "no hits": Case(hits(0.0), CAMERA, False),
    "few hits": Case(hits(5e-5), CAMERA, False),
    "some hits, far beyond the noise": Case(hits(3e-4, 6000.0), CAMERA, False),
    "so many hits that they would count": Case(hits(8e-3), CAMERA, False),
    "more hits than are exceptions": Case(hits(4e-2), CAMERA, True),
    "few hot pixels": Case(hot, CAMERA, False),
    "so many hot pixels that they count": Case(very_hot, CAMERA, True),
    "few hits, wrong gain": Case(hits(1e-4), CameraNoise(1.0, 60, 1.9, 14), True),
    "few hits, noise said to be far less": Case(hits(1e-4), CameraNoise(300.0, 60, 1.9, 14), True),
    "few hits, smoothed": Case(filtered, CAMERA, True),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_hits_neither_bar_what_is_right_nor_hide_what_is_wrong(case: Case) -> None:
    for seed in range(3):
        frames = case.frames(np.random.default_rng(seed))
        flags = set(estimate_information(frames, case.noise, "predictive", 8).flags)
        assert bool(flags & {"noise_mismatch", "noise_correlated", "fixed_pattern"}) == case.flagged


def test_a_gaussian_whose_variance_hits_raise_is_flagged_all_the_same() -> None:
    rng = np.random.default_rng(8)
    struck = estimate_information(hits(4e-2, 6000.0)(rng), CAMERA, "stationary", 8)
    assert "noise_mismatch" in struck.flags
    assert struck.details["noise_variance_ratio"] == pytest.approx(1, abs=0.1)


def test_hits_and_hot_pixels_that_are_left_out_raise_no_gaussian_either() -> None:
    found = [
        estimate_information(frames(np.random.default_rng(8)), CAMERA, "stationary", 8)
        for frames in (hits(0.0), hits(3e-4, 6000.0), hot)
    ]
    for one in found[1:]:
        assert one.bits_per_pixel == pytest.approx(found[0].bits_per_pixel, abs=0.02)
        assert not making_wrong(one.flags)


def test_sums_are_those_of_the_pixels_that_were_not_hit() -> None:
    rng = np.random.default_rng(4)
    frames = CAMERA.sample(scene(rng), rng)
    about = frames.astype(np.float32)
    limit = SpikeLimit.of(CAMERA, 0.0, 16383.0, True)
    sound = DifferenceSums.of(about, None, 0.0, limit)
    struck = about.copy()
    struck[0, 1, 10, 20] += 5000
    struck[3, 0, 40, 7] += 900
    found = DifferenceSums.of(struck, None, 0.0, limit)
    assert sound.spikes == 0
    assert found.spikes == 2
    assert found.size == sound.size - 2
    assert found.square / found.size == pytest.approx(sound.square / sound.size, rel=2e-3)
    assert found.common == pytest.approx(sound.common, rel=0.1)


NOISES = {
    "few photons": (PoissonNoise(), 0.05),
    "Poisson": (PoissonNoise(), 30.0),
    "bright": (CAMERA, 9000.0),
    "EMCCD": (EmccdNoise(5.0, 200, 40.0, 300), 2.0),
    "pixels of their own": (
        CameraMapNoise(0.5, 100, np.where(np.arange(4096).reshape(64, 64) % 97 == 0, 25.0, 1.4)),
        20.0,
    ),
}


@pytest.mark.parametrize(("noise", "light_e"), NOISES.values(), ids=NOISES)
def test_noise_alone_makes_no_spikes(noise: NoiseModel, light_e: float) -> None:
    frames = noise.sample(np.full(SHAPE, light_e), np.random.default_rng(5))
    found = estimate_information(frames, noise, "stationary", 8)
    assert "spike_share" not in found.details


def test_spike_bits_are_what_a_density_on_codes_reports_for_hits() -> None:
    rng, share = np.random.default_rng(6), 2e-3
    flat = np.broadcast_to(80.0, SHAPE)
    frames = hit(CAMERA.sample(flat, rng), rng, share, 1500.0)[:, :1]  # which no repeat tells apart
    found = estimate_information(frames, CAMERA, "predictive", 8)
    assert "spikes_possible" in found.flags
    assert found.details["spike_possible_bits"] == pytest.approx(found.bits_per_pixel, abs=0.015)


@pytest.mark.parametrize(("share", "bits"), [(0.0, 0.0), (0.5, 4.0), (1.0, 4.0)])
def test_bits_of_shares(share: float, bits: float) -> None:
    assert spike_bits(share, 6.0) == pytest.approx(bits)
