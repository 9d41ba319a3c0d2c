"""Maps of the pixels, against the maps that the pixels have."""

from __future__ import annotations

import numpy as np
import pytest

from hil.calibration import PhotonTransfer
from hil.errors import InputError
from tests.hil.calibration.photon_transfer.sensor import (
    LEVEL_E,
    SIDE_PX,
    maps_of,
    measured,
    sensor,
)
from tests.hil.calibration.virtual_camera import VirtualCamera, structured


def test_maps_are_the_sensors_within_the_error_they_claim() -> None:
    made = sensor(1)
    found = measured(made, frames=24)
    maps, usable = maps_of(found), maps_of(found).usable
    assert found.problems == ()
    assert maps.response is not None and maps.shading is not None
    assert maps.response_sd is not None
    errors = (
        (maps.offset_adu - made.offset_adu, maps.offset_sd_adu, 0.1),
        (maps.response - made.response / made.response[usable].mean(), maps.response_sd, 0.15),
        (maps.read_noise_e / made.read_noise_e - 1, maps.read_noise_relative_sd, 0.3),
    )
    for error, claimed, within in errors:
        assert error[usable].std() == pytest.approx(claimed, rel=within)
    assert (maps.shading / made.shading)[usable].std() < 1e-3
    assert maps.response_spread == pytest.approx(0.01, rel=0.05)
    assert maps.offset_spread_adu == pytest.approx(4.0, rel=0.05)


def test_a_scene_is_no_flat_field() -> None:
    made = sensor(4)
    scene = structured(SIDE_PX, np.random.default_rng(4))
    found = measured(made._replace(shading=0.2 + scene), frames=4)
    (problem,) = found.problems
    assert "flat field" in problem


def test_light_in_the_dark_frames_is_seen() -> None:
    made = sensor(5)
    leak = np.where(np.arange(SIDE_PX) < 12, 5000.0, 0.0) * np.ones((SIDE_PX, 1))
    (problem,) = measured(made._replace(hot_e=leak), frames=4).problems
    assert "light in the dark frames" in problem


def test_frames_needed_leave_a_hundredth_of_a_bit() -> None:
    maps = maps_of(measured(sensor(1), frames=4))
    e2 = 1 / maps.flat_electrons_needed(LEVEL_E)
    left = 1e-4 * e2 / (1e-4 + e2)
    assert 0.5 * np.log2(1 + left * LEVEL_E) == pytest.approx(0.01, rel=0.05)
    sigma2 = (1.6 / 0.5) ** 2 / maps.dark_frames_needed(1.6 / 0.5)
    left = 16 * sigma2 / (16 + sigma2)
    assert 0.5 * np.log2(1 + left / (1.6 / 0.5) ** 2) == pytest.approx(0.01, rel=0.05)


def test_without_a_flat_field_there_is_no_response() -> None:
    rng = np.random.default_rng(0)
    camera, even = VirtualCamera(), np.ones((64, 64))
    transfer = PhotonTransfer(16)
    transfer.add(camera.take(0 * even, 4, rng), 1.0, 0.0, dark=True)
    for electrons in (50.0, 500.0, 3000.0):
        transfer.add(camera.take(electrons * even, 4, rng), 1.0, electrons)
    maps = maps_of(transfer.fit())
    assert maps.response is None
    with pytest.raises(InputError, match="without a flat field"):
        maps.flat_electrons_needed(1000.0)
