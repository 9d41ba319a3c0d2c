"""NPMLE beside phi: both find the noise entropy from noisy pixels alone."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest

from hil.information.conditional_entropy import conditional_entropy_nats
from hil.noise import (
    CameraNoise,
    PoissonNoise,
    XrayNoise,
)

PIXELS = 1_000_000


class Light(NamedTuple):
    says: str
    noise: PoissonNoise | CameraNoise
    mean_e: float
    error_bits: float


LIGHTS = [
    Light("one photon", PoissonNoise(), 1, 0.008),
    Light("3 photons", PoissonNoise(), 3, 0.003),
    Light("30 photons", PoissonNoise(), 30, 0.002),
    Light("camera, 1 electron", CameraNoise(0.5, 100, 1.6), 1, 0.003),
    Light("camera, 1000 electrons", CameraNoise(0.5, 100, 1.6), 1000, 0.003),
    Light("X rays", XrayNoise(40, 200, 15), 4, 0.003),
]


@pytest.mark.parametrize("light", LIGHTS, ids=lambda light: light.says)
@pytest.mark.parametrize("two_lights", [False, True])
def test_npmle_and_phi_find_the_same_noise_entropy(light: Light, two_lights: bool) -> None:
    rng = np.random.default_rng(3)
    lambda_e = light.mean_e * np.exp(0.6 * rng.standard_normal(PIXELS) - 0.18)
    if two_lights:
        lambda_e = light.mean_e * np.where(rng.random(PIXELS) < 0.7, 0.2, 2.0)
    y = light.noise.sample(lambda_e, rng)
    truth = float(light.noise.entropy_nats(lambda_e).mean())
    npmle = conditional_entropy_nats(light.noise, y, True)
    # most of two lights is darker than a photon, where -lambda ln lambda is steep
    allowed = light.error_bits * (2.5 if two_lights else 1)
    assert abs(npmle - truth) / math.log(2) < allowed
    phi = float(light.noise.entropy_phi_nats(y, True).mean())
    stated = light.noise.phi_bias_nats(y.min(), y.max(), True)
    assert abs(phi - truth) < stated + 0.002
