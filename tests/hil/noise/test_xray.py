"""An X-ray detector is a camera whose electrons are photons."""

from __future__ import annotations

import numpy as np
import pytest

from hil.noise import (
    CameraNoise,
    parse_noise,
)


def test_an_xray_detector_is_a_camera_of_photons() -> None:
    noise = parse_noise("xray:adu_per_photon=40,offset_adu=200,electronic_noise_adu=15")
    camera = CameraNoise(1 / 40, 200, 15 / 40)
    y = np.arange(100, 2000)
    assert np.array_equal(noise.entropy_phi_nats(y, True), camera.entropy_phi_nats(y, True))
    assert noise.mean_variance_adu2(1000.0, True) == pytest.approx(800 * 40 + 225 + 1 / 12)
