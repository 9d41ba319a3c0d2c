"""The region that a camera reads out."""

from __future__ import annotations

import pytest

from drivers.errors import (
    DeviceFault,
    ValueRefused,
)
from drivers.micromanager.kind import MicroManagerConnection
from drivers.micromanager.region import RegionPart
from drivers.types import Value
from tests.drivers.micromanager.camera_parts import apply, camera_of


def test_binning_and_region_shape_the_frame(demo: MicroManagerConnection) -> None:
    camera = camera_of(demo)
    apply(camera, {"Camera.Binning": 2})
    (frame,) = camera.capture(1, 5.0)
    assert frame.pixels.shape == (256, 256)
    region: dict[str, Value] = {
        "Camera.region_x_px": 10,
        "Camera.region_y_px": 20,
        "Camera.region_width_px": 100,
        "Camera.region_height_px": 50,
    }
    apply(camera, region)
    assert {name: camera.read(name) for name in region} == region
    (frame,) = camera.capture(1, 5.0)
    assert frame.pixels.shape == (50, 100)


def test_a_region_beyond_the_sensor_is_refused(demo: MicroManagerConnection) -> None:
    """The demo camera takes one of 10000 px, and a corner at -5."""
    camera = camera_of(demo)
    with pytest.raises(ValueRefused, match="up to 512 px at binning 1"):
        camera.start({"Camera.region_x_px": 500, "Camera.region_width_px": 100})
    with pytest.raises(ValueRefused, match="up to 256 px at binning 2"):
        camera.start({"Camera.Binning": 2, "Camera.region_width_px": 300})
    assert (camera.read("Camera.Binning"), camera.read("Camera.region_x_px")) == (1, 0)


def test_a_sensor_without_pixels_has_no_region(
    demo: MicroManagerConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo._core, "getROI", lambda label: [0, 0, 0, 0])
    with pytest.raises(DeviceFault, match="it has 0 x 0 pixels"):
        RegionPart(demo._core, "Camera")
