from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from drivers.types import Value
from hil.testing import DriverContract


class TestSimulatedSatellite(DriverContract):
    kind = "sim.satellite"
    options: ClassVar[Mapping[str, Value]] = {"seed": 1, "side_px": 64}
    moves: ClassVar[Mapping[str, tuple[Value, Value]]] = {
        "pointing.along_km": (1.0, -0.5),
        "pointing.across_km": (-1.0, 0.5),
        "telescope.focus_um": (30.0, 0.0),
        "filter.centre_nm": (650.0, 560.0),
        "filter.width_nm": (100.0, 60.0),
        "camera.gain": ("high", "low"),
        "camera.binning": (2, 1),
        "camera.line_rate_khz": (0.5, 0.7),
        "camera.exposure_ms": (2.0, 1.0),
    }
    exposure = "camera.exposure_ms"
    short_ms = 1.0
    long_ms = 10.0
