"""From settings to frames."""

from __future__ import annotations

from drivers.protocol import Camera
from tests.sim.rigs import apply
from tests.sim.satellite.opened import open_rig


def test_binning_sums_pixels() -> None:
    rig = open_rig()
    apply(rig, {"camera.binning": 2})
    camera = rig.devices["camera"]
    assert isinstance(camera, Camera)
    assert next(iter(camera.capture(1, 1.0))).pixels.shape == (32, 32)
