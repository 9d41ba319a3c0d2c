from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from drivers.types import Value
from hil.testing import DriverContract


class TestMicroManagerDemo(DriverContract):
    kind = "micromanager"
    moves: ClassVar[Mapping[str, tuple[Value, Value]]] = {
        "Z.position_um": (3.0, 12.5),
        "XY.x_um": (-40.0, 250.0),
        "Camera.exposure_ms": (7.0, 20.0),
        "Camera.Binning": (2, 1),
        "Camera.region_width_px": (100, 200),
        "Camera.Mode": ("Noise", "Artificial Waves"),
        "Camera.Photon Flux": (10.0, 50.0),
        "Emission.Label": ("Chroma-HQ535", "Chroma-HQ620"),
        "White Light Shutter.State": (0, 1),
        "Preset.Channel": ("FITC", "DAPI"),
        "Preset.Channel-Multiband": ("Cy5", "FITC"),
    }
    exposure = "Camera.exposure_ms"
