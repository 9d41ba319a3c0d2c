"""Devices and how they start."""

from math import sqrt

import pytest

from drivers.protocol import Connection, Device
from tests.sim.microscope.opened import MIRROR, frames_of, open_scope


def test_devices_and_settings_are_those_of_the_manual() -> None:
    scope = open_scope()
    assert isinstance(scope, Connection)
    assert all(isinstance(device, Device) for device in scope.devices.values())
    assert list(scope.devices) == ["stage", "focus", "light", "mirror", "camera", "metrics"]
    described = [s for device in scope.devices.values() for s in device.describe()]
    settings = {s.name: s for s in described if not s.read_only}
    assert list(settings) == [
        "stage.x_um", "stage.y_um", "focus.z_um", "light.power_mw", *MIRROR,
        "camera.exposure_ms", "camera.binning",
    ]  # fmt: skip
    assert settings["light.power_mw"].role == "light"
    assert settings["camera.exposure_ms"].role == "exposure"
    assert settings["camera.binning"].choices == (1, 2, 4)
    # The field's edge stays within the scene: (40 um - 64 pixels of 6.5 / 63 um) / 2.
    assert settings["stage.x_um"].high == pytest.approx((40 - 64 * 6.5 / 63) / 2, abs=0.06)
    assert settings["stage.y_um"].high == pytest.approx((40 - 96 * 6.5 / 63) / 2, abs=0.06)


def test_it_opens_dark_with_everything_at_rest() -> None:
    scope = open_scope()
    values = {
        s.name: d.read(s.name)
        for d in scope.devices.values()
        for s in d.describe()
        if not s.read_only
    }
    assert values.pop("camera.exposure_ms") == 10.0
    assert values.pop("camera.binning") == 1
    assert set(values.values()) == {0.0}
    pixels = frames_of(scope, 4).astype(float)
    assert pixels.mean() == pytest.approx(100, abs=5 * 3.22 / sqrt(pixels.size))
