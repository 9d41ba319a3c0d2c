"""Whether the noise is that of counted photons."""

from __future__ import annotations

import pytest

from tests.hil.calibration.virtual_camera import VirtualCamera, calibrate


def test_electrons_that_were_counted_are_not_taken_for_multiplied_ones() -> None:
    for seed in range(3):
        ratio = calibrate(VirtualCamera(), seed).cubic_ratio
        assert ratio == pytest.approx(1.0, abs=0.2)
