"""`stationary` on scenes whose information is known."""

from __future__ import annotations

import math

import pytest

import hil
from hil.noise import GaussianNoise
from tests.hil.information.estimators.gaussian_scenes import NOISE_ADU, white_frames


@pytest.mark.parametrize("scene_adu", [0.0, 10.0, 30.0])
def test_white_scenes_in_white_noise(scene_adu: float) -> None:
    frames = white_frames(scene_adu)
    found = hil.estimate_information(
        frames, GaussianNoise(NOISE_ADU), estimator="stationary", patch_size=4
    )
    truth = 0.5 * math.log2(1 + (scene_adu / NOISE_ADU) ** 2)
    assert found.estimator == "stationary"
    assert found.bits_per_pixel == pytest.approx(truth, abs=0.03)
