"""Light from frames: ADU above the dark, in electrons before any amplification."""

from __future__ import annotations

import numpy as np
import pytest

from hil.noise import CameraNoise, EmccdNoise, GaussianNoise, NoiseModel, PoissonNoise, XrayNoise
from hil.noise.electrons import counts_electrons, mean_electrons


@pytest.mark.parametrize(
    "noise",
    [
        PoissonNoise(),
        CameraNoise(0.5, 100, 1.6),
        XrayNoise(40, 200, 15),
        EmccdNoise(20, 100, 40, 300),
    ],
    ids=lambda noise: type(noise).__name__,
)
def test_the_light_that_was_drawn_is_found(noise: NoiseModel) -> None:
    assert counts_electrons(noise)
    frames = noise.sample(np.full((4, 100, 100), 50.0), np.random.default_rng(1))
    assert mean_electrons(frames, noise) == pytest.approx(50, rel=0.01)


def test_gaussian_noise_says_nothing_of_electrons() -> None:
    assert not counts_electrons(GaussianNoise(3))
