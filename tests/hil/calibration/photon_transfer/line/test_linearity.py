"""Signal against exposure: linearity, and dark current."""

from __future__ import annotations

import numpy as np
import pytest

from hil.calibration import PhotonTransfer
from tests.hil.calibration.virtual_camera import VirtualCamera, calibrate, flat


def test_linearity_is_the_mean_deviation_from_a_line() -> None:
    straight = calibrate(VirtualCamera(), scene=flat)
    assert straight.linearity_error is not None and straight.linearity_error < 1e-3
    bent = VirtualCamera(charge=lambda electrons, rng: electrons - electrons**2 / 60_000)
    found = calibrate(bent, scene=flat)
    h = np.geomspace(3000 / 64, 3000, 6)[2:]  # from 5 % of the brightest up
    signal = h - (h**2 + h) / 60_000
    line = np.polyval(np.polyfit(h, signal, 1, w=1 / signal), h)
    assert found.linearity_error == pytest.approx(np.mean(abs(signal / line - 1)), rel=0.05)
    assert found.linearity_error_sd is not None and found.linearity_error_sd < 1e-3


def test_dark_current_is_the_slope_over_the_exposure() -> None:
    rng = np.random.default_rng(3)
    camera, side = VirtualCamera(), 128
    transfer = PhotonTransfer(16)
    for exposure_ms in (1.0, 100.0, 1000.0):
        dark = np.full((side, side), 2.0 * exposure_ms / 1000)
        transfer.add(camera.take(dark, 8, rng), exposure_ms, 0.0, dark=True)
    for electrons in (50.0, 500.0, 3000.0):
        transfer.add(camera.take(np.full((side, side), electrons), 4, rng), electrons, 1.0)
    found = transfer.fit()
    assert found.dark_current_e_per_s is not None and found.dark_current_e_per_s_sd is not None
    assert abs(found.dark_current_e_per_s - 2.0) < 4 * found.dark_current_e_per_s_sd
    assert found.dark_current_e_per_s_sd < 0.05
    assert found.offset_adu == pytest.approx(100.0, abs=0.05)
