from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from drivers.types import Value
from hil.testing import DriverContract


class TestSimulatedLensless(DriverContract):
    kind = "sim.lensless"
    options: ClassVar[Mapping[str, Value]] = {"seed": 1, "side_px": 64}
    moves: ClassVar[Mapping[str, tuple[Value, Value]]] = {
        "pointing.x_mrad": (20.0, -10.0),
        "mask.element": ("pinhole", "lenslet"),
        "mask.apertures": (4, 1),
        "mask.diameter_um": (100.0, 150.0),
        "mask.irregularity": (0.2, 0.5),
        "mask.distance_mm": (4.5, 4.0),
        "camera.exposure_ms": (20.0, 10.0),
    }
    exposure = "camera.exposure_ms"
    long_ms = 1000.0
