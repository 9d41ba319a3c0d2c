from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from drivers.types import Value
from hil.testing import DriverContract


class TestSimulatedLedArray(DriverContract):
    kind = "sim.microscope"
    options: ClassVar[Mapping[str, Value]] = {
        "contrast": "phase",
        "seed": 1,
        "height_px": 64,
        "width_px": 64,
        "scene_um": 60.0,
    }
    moves: ClassVar[Mapping[str, tuple[Value, Value]]] = {
        "stage.x_um": (20.0, -10.0),
        "focus.z_um": (1.5, -0.5),
        "led.pattern": ("half-plane", "brightfield"),
        "led.inner_na": (0.1, 0.0),
        "led.outer_na": (0.4, 0.2),
        "led.wavelength_nm": (620.0, 500.0),
        "led.power_mw": (0.5, 1.0),
        "mirror.z5_nm": (30.0, -20.0),
        "camera.binning": (2, 1),
        "camera.exposure_ms": (20.0, 10.0),
    }
    exposure = "camera.exposure_ms"
    long_ms = 1000.0
