"""The rig as its tests open it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from sim.hyperspectral import KIND
from sim.parts.rig import SimulatedRig
from tests.sim import rigs
from tests.sim.rigs import Settings

FIELDS: list[Settings] = [
    {"stage.x_mm": x, "stage.y_mm": y} for y in (-10.0, 10.0) for x in (-15.0, -5.0, 5.0, 15.0)
]
BASE: Settings = {
    "lamp.power_mw": 20.0,
    "camera.exposure_ms": 33.0,
    "filter.centre1_nm": 480.0,
    "filter.centre2_nm": 560.0,
    "filter.centre3_nm": 660.0,
    "filter.centre4_nm": 820.0,
    "spectrometer.slit_um": 12.0,
}


def open_rig(**options: Any) -> SimulatedRig:
    return KIND.open(KIND.options({"seed": 3, "side_px": 64} | options, Path.cwd()))


def bits(rig: SimulatedRig, settings: Settings, patch_size: int = 4) -> float:
    """Information at some settings, bits per value."""
    return rigs.measure(rig, BASE | settings, FIELDS, patch_size=patch_size).bits_per_pixel


@cache
def leaves() -> SimulatedRig:
    """One rig for all that is only measured on it: making its scene takes longest."""
    return open_rig()
