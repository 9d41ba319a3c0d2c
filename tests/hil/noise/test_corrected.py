"""Noise of corrected frames: a mixture of cameras, exact where all are alike."""

from __future__ import annotations

import numpy as np
import pytest

from hil.noise import CameraNoise
from hil.noise.anscombe import Stabiliser
from hil.noise.corrected import CorrectedNoise, finest_step_adu
from hil.noise.entropy.camera_pixel import CameraPixel

LINE = Stabiliser(100, 2.0, 3.2**2 + 1 / 12)


def test_one_class_is_a_camera() -> None:
    one = CorrectedNoise([CameraPixel(0.5, 100, 1.6, 4095)], np.array([1.0]), LINE, "one class")
    camera = CameraNoise(0.5, 100, 1.6, 12)
    y = np.arange(80, 4096)
    assert one.entropy_phi_nats(y, True) == pytest.approx(
        camera.entropy_phi_nats(y, True), abs=1e-9
    )
    assert one.mean_variance_adu2(300, True) == pytest.approx(camera.mean_variance_adu2(300, True))
    assert one.stabilised(y, True) == pytest.approx(camera.stabilised(y, True))
    assert (one.darkest_adu, one.highest_adu) == (camera.darkest_adu, camera.highest_adu)
    assert one.unevenness_nats(500) == pytest.approx(0)


def test_pixels_are_drawn_from_every_class_with_the_mean_they_share() -> None:
    pixels = [CameraPixel(0.5, 100, 1.0, 65535), CameraPixel(2.0, 100, 8.0, 65535)]
    noise = CorrectedNoise(pixels, np.array([0.5, 0.5]), LINE, "two classes")
    z = noise.sample(np.full(200_000, 400.0), np.random.default_rng(0))
    assert z.mean() == pytest.approx(500, abs=0.2)
    expected = np.mean(
        [400 / p.gain_e_per_adu + (p.read_noise_e / p.gain_e_per_adu) ** 2 for p in pixels]
    )
    assert z.var() == pytest.approx(expected + 1 / 12, rel=0.02)
    assert noise.unevenness_nats(500) > 0.05


@pytest.mark.parametrize(
    ("noise_adu", "range_adu", "step"),
    [(10, 1000, 1.0), (2, 1000, 0.5), (0.1, 1000, 1 / 64), (0.1, 65536, 0.5)],
)
def test_the_unit_is_a_power_of_two_fine_enough_and_no_finer(
    noise_adu: float, range_adu: float, step: float
) -> None:
    assert finest_step_adu(noise_adu, range_adu) == step
