"""Look-up of the noise entropy from noisy pixels, for each model on a table."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest

from hil.noise import CameraNoise, EmccdNoise, NoiseModel, PoissonNoise

PIXELS = 1_000_000


class Light(NamedTuple):
    says: str
    noise: NoiseModel
    mean_e: float
    error_bits: float


LIGHTS = [
    Light("one photon", PoissonNoise(), 1, 0.012),
    Light("3 photons", PoissonNoise(), 3, 0.006),
    Light("10 photons", PoissonNoise(), 10, 0.003),
    Light("30 photons", PoissonNoise(), 30, 0.002),
    Light("a million photons", PoissonNoise(), 1e6, 0.002),
    Light("camera, 1 electron", CameraNoise(0.5, 100, 1.6), 1, 0.003),
    Light("camera, 10 electrons", CameraNoise(0.5, 100, 1.6), 10, 0.003),
    Light("camera, 1000 electrons", CameraNoise(0.5, 100, 1.6), 1000, 0.003),
    Light("camera that clips a tenth", CameraNoise(0.5, 100, 1.6, 10), 250, 0.003),
    Light("camera that clips at the dark end", CameraNoise(1, 3, 2.5, 12), 2, 0.003),
]


def lognormal_adu(light: Light, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(lambda, y) of independent pixels, log-normal with spread 0.6."""
    lambda_e = light.mean_e * np.exp(0.6 * rng.standard_normal(PIXELS) - 0.18)
    y = rng.poisson(lambda_e).astype(float)
    noise = light.noise
    if isinstance(noise, CameraNoise):
        sigma = noise.read_noise_e / noise.gain_e_per_adu
        y = y / noise.gain_e_per_adu + noise.offset_adu + sigma * rng.standard_normal(PIXELS)
        y = np.clip(np.rint(y), 0, noise.highest_adu)
    return lambda_e, y.astype(np.int64)


@pytest.mark.parametrize("light", LIGHTS, ids=lambda light: light.says)
def test_phi_finds_the_noise_entropy_from_noisy_pixels_alone(light: Light) -> None:
    lambda_e, y = lognormal_adu(light, np.random.default_rng(3))
    truth = float(light.noise.entropy_nats(lambda_e).mean())  # type: ignore[attr-defined]
    found = float(light.noise.entropy_phi_nats(y, True).mean())
    assert abs(found - truth) / math.log(2) < light.error_bits


def test_plugging_pixels_into_h_would_have_been_far_off() -> None:
    light = Light("one photon", PoissonNoise(), 1, 0)
    lambda_e, y = lognormal_adu(light, np.random.default_rng(3))
    noise = PoissonNoise()
    gap = noise.entropy_nats(y.astype(float)).mean() - noise.entropy_nats(lambda_e).mean()
    assert gap / math.log(2) == pytest.approx(-0.48, abs=0.02)


def test_cameras_that_are_alike_share_a_table_and_no_others_do() -> None:
    one = CameraNoise(0.5, 100, 1.6)
    assert CameraNoise(0.5, 100, 1.6)._table is one._table
    others = [
        CameraNoise(0.5, 100, 1.7),
        CameraNoise(0.5, 100, 1.6, 12),
        EmccdNoise(10, 100, 60, 100),
    ]
    assert all(other._table is not one._table for other in others)
