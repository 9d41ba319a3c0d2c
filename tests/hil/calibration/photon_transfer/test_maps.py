"""Maps of the pixels, against the maps that the pixels have."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from drivers.types import Floats
from hil.calibration import CameraCalibration, PhotonTransfer
from hil.calibration.photon_transfer.maps import PixelMaps
from hil.errors import InputError
from tests.hil.calibration.virtual_camera import VirtualCamera, structured

SIDE_PX, LEVEL_E = 128, 16_000.0


class Sensor(NamedTuple):
    offset_adu: Floats
    response: Floats
    read_noise_e: Floats
    hot_e: Floats
    shading: Floats


def sensor(seed: int, prnu: float = 0.01) -> Sensor:
    rng = np.random.default_rng(seed)
    shape = (SIDE_PX, SIDE_PX)
    y, x = np.mgrid[-1 : 1 : SIDE_PX * 1j, -1 : 1 : SIDE_PX * 1j]
    shading = 1 - 0.2 * (x**2 + y**2) / 2
    return Sensor(
        offset_adu=100 + 4 * rng.standard_normal(shape),
        response=1 + prnu * rng.standard_normal(shape),
        read_noise_e=1.6 * rng.lognormal(0, 0.3, shape),
        hot_e=np.where(rng.random(shape) < 1e-3, 300.0, 0.0),
        shading=shading / shading.mean(),
    )


def measured(made: Sensor, frames: int, seed: int = 0) -> CameraCalibration:
    rng = np.random.default_rng(seed)
    camera = VirtualCamera(offset_adu=made.offset_adu, read_noise_e=made.read_noise_e)
    transfer = PhotonTransfer(16)
    transfer.add(camera.take(made.hot_e, frames, rng), 10.0, 0.0, dark=True)
    field = made.shading * made.response
    for electrons in (100.0, 1000.0, 5000.0):
        transfer.add(camera.take(electrons * field + made.hot_e, 4, rng), 10.0, electrons)
    bright = camera.take(LEVEL_E * field + made.hot_e, frames, rng)
    transfer.add(bright, 10.0, LEVEL_E, flat=True)
    return transfer.fit()


def maps_of(found: CameraCalibration) -> PixelMaps:
    assert found.maps is not None
    return found.maps


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


def test_hot_pixels_are_left_out_and_few_others() -> None:
    made = sensor(2)
    usable = maps_of(measured(made, frames=8)).usable
    hot = made.hot_e > 0
    assert hot.sum() > 5
    assert not usable[hot].any()
    assert (~usable & ~hot).mean() < 1e-3


def test_a_dead_pixel_is_left_out() -> None:
    made = sensor(2)
    made.response[40, 50] = 0.0
    assert not maps_of(measured(made, frames=4)).usable[40, 50]


def test_a_map_from_few_frames_is_shrunk_and_so_better_than_none_and_than_itself() -> None:
    """Two flat frames know the response to 0.6 %, where pixels differ by 0.4 %."""
    made = sensor(3, prnu=0.004)
    maps = maps_of(measured(made, frames=2))
    assert maps.response is not None and maps.response_weight is not None
    usable = maps.usable
    truth = made.response / made.response[usable].mean()
    raw_error = np.sqrt(1 / (2 * LEVEL_E))
    assert (maps.response - truth)[usable].std() < 0.9 * min(raw_error, 0.004)
    assert maps.response_weight == pytest.approx(0.004**2 / (0.004**2 + raw_error**2), abs=0.08)


def test_pixels_that_are_all_alike_get_maps_without_noise() -> None:
    """Nothing but noise is in such maps; correcting by it would add a pattern to every frame."""
    even = np.ones((SIDE_PX, SIDE_PX))
    made = Sensor(100 * even, even, 1.6 * even, 0 * even, even)
    maps = maps_of(measured(made, frames=8))
    assert maps.response is not None
    assert (maps.offset_spread_adu, maps.response_spread) == (0, 0)
    assert maps.offset_adu.std() < 0.1
    assert maps.response.std() < 3e-4
    assert maps.read_noise_e.std() < 1e-6
    assert maps.flat_electrons_needed(LEVEL_E) == 0


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
