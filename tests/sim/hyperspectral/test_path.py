"""From settings to frames: bands, noise, the line of pixels."""

from __future__ import annotations

import numpy as np

from drivers.protocol import Camera
from tests.sim.hyperspectral.opened import open_rig
from tests.sim.rigs import apply


def test_frames_have_the_bands_as_channels_and_obey_the_noise_model() -> None:
    rig = open_rig(bands=3)
    apply(rig, {"lamp.power_mw": 20.0, "camera.exposure_ms": 50.0})
    camera = rig.devices["camera"]
    assert isinstance(camera, Camera)
    frames = np.stack([frame.pixels for frame in camera.capture(64, 1.0)]).astype(np.float64)
    assert frames.shape == (64, 3, 64, 64)
    electrons = rig.truth.expected_electrons()
    np.testing.assert_allclose(frames.mean(axis=0), 40 + electrons / 5, atol=30)
    variance_e2 = (25 * frames.var(axis=0, ddof=1)).mean(axis=(1, 2))
    expected = electrons.mean(axis=(1, 2)) + 8**2 + 25 / 12
    np.testing.assert_allclose(variance_e2, expected, rtol=0.02)


def test_pixels_of_the_line_are_the_same_in_every_line() -> None:
    rig = open_rig(offset_sd_adu=10.0, read_noise_e=0.0, dark_current_e_per_s=0.0)
    camera = rig.devices["camera"]
    assert isinstance(camera, Camera)
    frame = next(iter(camera.capture(1, 1.0))).pixels
    assert np.ptp(frame, axis=2).max() == 0
    assert frame[0, :, 0].std() > 5
