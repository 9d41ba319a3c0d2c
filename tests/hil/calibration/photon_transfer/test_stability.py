"""Light that flickers is divided out and said; light that is steady is not."""

from __future__ import annotations

import numpy as np
import pytest

from tests.hil.calibration.virtual_camera import VirtualCamera, calibrate, flat, structured


def test_flicker_of_the_lamp_is_divided_out_and_said() -> None:
    """1 % rms of light, at thousands of electrons as much variance as shot noise."""

    def flicker(light: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return light * (1 + 0.01 * rng.standard_normal())

    for scene in (flat, structured):
        found = calibrate(VirtualCamera(light=flicker), 2, scene, repeats=6)
        assert found.problems == ()
        assert found.gain_e_per_adu == pytest.approx(0.5, abs=4 * found.gain_e_per_adu_sd)
        assert found.flicker_relative_sd == pytest.approx(0.01, rel=0.4)
        assert "flickers" in " ".join(found.notes)


def test_a_steady_lamp_is_not_said_to_flicker() -> None:
    assert calibrate(VirtualCamera()).flicker_relative_sd == 0
