"""How information rises with light, against closed forms and against more light itself."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest

import hil
from hil.information.light_sensitivity import light_sensitivity_bits
from hil.noise import CameraNoise, GaussianNoise, PoissonNoise


class Light(NamedTuple):
    name: str
    noise: object
    scene_adu: float  # standard deviation
    noise_adu: float
    per_e_fold: float  # of bits per pixel


# White scenes: I = 1/2 log2(1 + S/N); S goes with L^2, and N with L where it is shot noise.
LIGHTS = [
    Light("Gaussian noise, as much signal as noise", GaussianNoise(3.0), 3, 3, 0.5 / math.log(2)),
    Light("shot noise, as much signal as noise", PoissonNoise(), 20, 20, 0.25 / math.log(2)),
    Light("no signal", GaussianNoise(3.0), 0, 3, 0.0),
]


@pytest.mark.parametrize("case", LIGHTS, ids=lambda case: case.name)
def test_how_information_rises_with_light(case: Light) -> None:
    rng = np.random.default_rng(3)
    shape = (8, 1, 128, 128)
    frames = 400 + case.scene_adu * rng.standard_normal(shape)
    frames = np.rint(frames + case.noise_adu * rng.standard_normal(shape)).astype(np.uint16)
    found = light_sensitivity_bits(frames, case.noise, 16)
    assert found == pytest.approx(case.per_e_fold, abs=0.02)


def test_more_light_brings_what_the_sensitivity_says() -> None:
    rng = np.random.default_rng(8)
    scene = rng.gamma(4.0, 25.0, (6, 1, 96, 96))
    noise = CameraNoise(1.0, 100, 2.0)
    bits = []
    for light in (0.95, 1.05):
        frames = noise.sample(scene * light, np.random.default_rng(1))
        bits.append(hil.estimate_information(frames, noise, patch_size=8).bits_per_pixel)
    frames = noise.sample(scene, rng)
    predicted = light_sensitivity_bits(frames, noise, 8) * math.log(1.05 / 0.95)
    assert bits[1] - bits[0] == pytest.approx(predicted, rel=0.2)
