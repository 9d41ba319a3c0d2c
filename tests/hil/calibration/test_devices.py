"""Photon transfer through drivers: Micro-Manager's demo camera, and the simulated microscope."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from drivers.protocol import Camera, Connection, Device
from drivers.types import Value
from hil.calibration import CameraCalibration, PhotonTransfer
from sim.microscope.rig import KIND as MICROSCOPE


def apply(device: Device, values: dict[str, Value]) -> None:
    device.start(values)
    device.settle(5.0)


def camera_of(connection: Connection, label: str) -> Camera:
    camera = connection.devices[label]
    assert isinstance(camera, Camera)
    return camera


def take(camera: Camera, n: int) -> np.ndarray:
    return np.stack([frame.pixels for frame in camera.capture(n, 5.0)])


def check(found: CameraCalibration, gain_e_per_adu: float, read_noise_e: float) -> None:
    assert found.problems == ()
    assert found.gain_e_per_adu == pytest.approx(gain_e_per_adu, rel=0.02)
    assert found.read_noise_e == pytest.approx(read_noise_e, rel=0.05)
    assert abs(found.gain_e_per_adu - gain_e_per_adu) < 4 * found.gain_e_per_adu_sd
    assert abs(found.read_noise_e - read_noise_e) < 4 * found.read_noise_e_sd


@pytest.fixture
def demo_camera() -> Iterator[Camera]:
    from drivers.micromanager.kind import KIND

    with closing(KIND.open(KIND.options({}, Path()))) as connection:
        yield camera_of(connection, "Camera")


@pytest.mark.parametrize(("gain", "read_e"), [(0.5, 0.25), (4.0, 2.5), (0.1, 2.9)])
def test_demo_camera(demo_camera: Camera, gain: float, read_e: float) -> None:
    """Flat and Gaussian; lit by the exposure, and dark only without one."""
    apply(
        demo_camera,
        {
            "Camera.Mode": "Noise",
            "Camera.PixelType": "16bit",
            "Camera.BitDepth": 16,
            "Camera.region_width_px": 128,
            "Camera.region_height_px": 128,
            "Camera.Photon Conversion Factor": gain,
            "Camera.ReadNoise (electrons)": read_e,
            "Camera.Photon Flux": 3000.0,
        },
    )
    transfer = PhotonTransfer(16)
    for exposure_ms in (0.0, 0.1, 0.3, 0.8, 1.5):
        apply(demo_camera, {"Camera.exposure_ms": exposure_ms})
        transfer.add(take(demo_camera, 6), exposure_ms, 3000.0, dark=exposure_ms == 0)
    check(transfer.fit(), gain, read_e)


def test_static_scene_of_the_simulated_microscope() -> None:
    table = {"seed": 5, "height_px": 128, "width_px": 128, "scene_um": 30.0, "read_noise_e": 0.6}
    with closing(MICROSCOPE.open(MICROSCOPE.options(table, Path()))) as connection:
        camera = camera_of(connection, "camera")
        transfer = PhotonTransfer(16)
        apply(camera, {"camera.exposure_ms": 0.1})
        transfer.add(take(camera, 8), 0.1, 0.0, dark=True)
        apply(connection.devices["light"], {"light.power_mw": 10.0})
        for exposure_ms in (2.0, 8.0, 30.0, 100.0):
            apply(camera, {"camera.exposure_ms": exposure_ms})
            transfer.add(take(camera, 6), exposure_ms, 10.0)
        check(transfer.fit(), 0.5, 0.6)
