from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from drivers.types import Value
from hil.testing import DriverContract


class TestSimulatedTomography(DriverContract):
    kind = "sim.tomography"
    options: ClassVar[Mapping[str, Value]] = {"seed": 1, "bins": 32}
    moves: ClassVar[Mapping[str, tuple[Value, Value]]] = {
        "sample.number": (3, 0),
        "source.current_ma": (0.1, 0.0),
        "source.voltage_kv": (60.0, 80.0),
        "source.control": ("kerma", "current"),
        "gantry.views": (16, 24),
        "gantry.spacing": ("golden", "uniform"),
        "gantry.start_deg": (30.0, 0.0),
        "gantry.arc_deg": (120.0, 180.0),
        "detector.exposure_ms": (20.0, 10.0),
        "detector.binning": (2, 1),
    }
    exposure = "detector.exposure_ms"
    long_ms = 60_000.0
