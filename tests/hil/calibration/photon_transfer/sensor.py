"""A sensor whose pixels differ, and the calibration of it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from drivers.types import Floats
from hil.calibration import CameraCalibration, PhotonTransfer
from hil.calibration.photon_transfer.maps import PixelMaps
from tests.hil.calibration.virtual_camera import VirtualCamera

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
