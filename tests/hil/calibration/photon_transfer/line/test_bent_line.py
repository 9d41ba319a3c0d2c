"""A response that bends: said with its size, and the gain's interval holds the truth."""

from __future__ import annotations

import numpy as np
import pytest

from hil.calibration import CameraCalibration, PhotonTransfer
from tests.hil.calibration.virtual_camera import (
    Change,
    Scene,
    VirtualCamera,
    calibrate,
    flat,
    structured,
)


def bent(share: float, at_e: float = 3000.0) -> Change:
    """Off a straight line by ``share`` at ``at_e`` electrons."""
    return lambda electrons, rng: electrons * (1 - share * electrons / at_e)


def sigmas(found: CameraCalibration) -> float:
    return (found.gain_e_per_adu - 0.5) / found.gain_e_per_adu_sd


@pytest.mark.parametrize("scene", [flat, structured])
@pytest.mark.parametrize("share", [0.007, 0.013, -0.01])
def test_it_is_said_and_the_interval_holds_the_gain(share: float, scene: Scene) -> None:
    """The gain of a line through the variance is off by four and eight of its uncertainties."""
    found = [
        calibrate(VirtualCamera(charge=bent(share)), seed, scene, levels=8, repeats=8)
        for seed in range(4)
    ]
    assert all(one.problems == () for one in found)
    z = np.array([sigmas(one) for one in found])
    assert abs(z).max() < 3
    assert np.sqrt((z**2).mean()) < 1.4
    for one in found:
        assert one.bend == pytest.approx(-share, rel=0.15)
        assert "off a straight line" in " ".join(one.notes)
        assert one.noise_variance_relative_sd > abs(share)


def test_light_that_was_varied_and_not_proportional_does_not_move_the_gain() -> None:
    """2 % of non-linearity in a lamp's setting is not the camera's."""
    rng = np.random.default_rng(1)
    camera, side = VirtualCamera(), 128
    transfer = PhotonTransfer(16)
    transfer.add(camera.take(np.zeros((side, side)), 16, rng), 1.0, 0.0, dark=True)
    for level in np.geomspace(50, 3000, 8):
        light = level * (1 - 0.02 * level / 3000)
        transfer.add(camera.take(np.full((side, side), light), 8, rng), 1.0, float(level))
    found = transfer.fit()
    assert found.problems == ()
    assert abs(sigmas(found)) < 2.5


def test_a_strong_bend_is_refused() -> None:
    found = calibrate(VirtualCamera(charge=bent(0.08)), 1, flat)
    assert "not linear" in " ".join(found.problems)


def test_a_straight_response_costs_no_certainty() -> None:
    for seed in range(3):
        found = calibrate(VirtualCamera(), seed, flat)
        assert found.bend is None
        assert found.gain_e_per_adu_sd < 0.005 * found.gain_e_per_adu
