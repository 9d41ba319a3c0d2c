from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from drivers.types import Value
from hil.testing import DriverContract


class TestSimulatedMicroscope(DriverContract):
    kind = "sim.microscope"
    options: ClassVar[Mapping[str, Value]] = {"seed": 1}
    moves: ClassVar[Mapping[str, tuple[Value, Value]]] = {
        "stage.x_um": (20.0, -10.0),
        "stage.y_um": (15.0, 0.0),
        "focus.z_um": (1.5, -0.5),
        "light.power_mw": (0.5, 1.0),
        "mirror.z5_nm": (30.0, -20.0),
        "camera.binning": (2, 1),
        "camera.exposure_ms": (20.0, 10.0),
    }
    exposure = "camera.exposure_ms"
    long_ms = 1000.0


class TestSimulatedMicroscopeInRealTime(TestSimulatedMicroscope):
    options: ClassVar[Mapping[str, Value]] = {"seed": 1, "realtime": True}
