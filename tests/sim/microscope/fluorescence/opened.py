"""The rig as its tests open it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sim.microscope.rig import KIND
from sim.parts.rig import SimulatedRig
from tests.sim.rigs import Settings

SMALL: dict[str, Any] = {"seed": 3, "height_px": 64, "width_px": 64, "scene_um": 60.0}
LIGHT: Settings = {"light.power_mw": 1.0, "camera.exposure_ms": 10.0}


def open_rig(**options: Any) -> SimulatedRig:
    return KIND.open(KIND.options(SMALL | {"aberration_rms_nm": 0.0} | options, Path()))
