"""A camera's numbers from all parts of photon transfer together."""

from __future__ import annotations

import numpy as np
import pytest

from hil.calibration import CameraCalibration, PhotonTransfer
from tests.hil.calibration.virtual_camera import VirtualCamera, calibrate, flat


def test_row_noise_is_part_of_the_read_noise_and_noted() -> None:
    def rows(adu: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return adu + 2.0 * rng.standard_normal((len(adu), 1))

    found = calibrate(VirtualCamera(analog=rows), scene=flat, dark_repeats=16)
    assert found.problems == ()
    assert found.row_noise_e == pytest.approx(1.0, rel=0.1)
    assert found.column_noise_e < 0.1
    assert found.read_noise_e == pytest.approx(np.hypot(1.6, 1.0), rel=0.03)
    assert "rows share" in " ".join(found.notes)


def test_what_the_estimator_is_told_covers_gain_and_read_noise() -> None:
    found = calibrate(VirtualCamera(), side_px=64)
    assert found.noise_variance_relative_sd >= found.gain_e_per_adu_sd / found.gain_e_per_adu
    signal = np.array([0.0, 1000.0])
    assert found.variance_adu2(signal) == pytest.approx([1.6**2 / 0.25 + 1 / 12, 2010], rel=0.05)


def test_light_that_does_not_change_gives_no_gain() -> None:
    rng = np.random.default_rng(0)
    camera, level = VirtualCamera(), np.full((64, 64), 500.0)
    transfer = PhotonTransfer(16)
    transfer.add(camera.take(0 * level, 4, rng), 1.0, 0.0, dark=True)
    transfer.add(camera.take(level, 4, rng), 1.0, 1.0)
    found = transfer.fit()
    assert isinstance(found, CameraCalibration)
    assert "gain" in " ".join(found.problems)
