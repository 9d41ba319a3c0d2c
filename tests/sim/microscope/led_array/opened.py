"""The rig as its tests open it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from drivers.types import Value
from hil.information import estimate_information
from sim.microscope.rig import KIND
from sim.parts.rig import SimulatedRig
from tests.sim.rigs import camera_noise

DRY: dict[str, Any] = {
    "contrast": "phase",
    "seed": 3,
    "numerical_aperture": 0.4,
    "refractive_index": 1.0,
    "magnification": 20.0,
    "scene_um": 100.0,
    "height_px": 64,
    "width_px": 64,
    "led_na": 0.8,
    "led_points": 24,
    "photons_per_uj": 1000.0,
    "aberration_rms_nm": 0.0,
}
FIELDS = [(x, y) for y in (-26.0, 26.0) for x in (-39.0, -13.0, 13.0, 39.0)]


def open_rig(**options: Any) -> SimulatedRig:
    return KIND.open(KIND.options(DRY | options, Path.cwd()))


def bits(rig: SimulatedRig, **settings: Value) -> float:
    """Information in bits per pixel; ``led__outer_na=0.2`` means ``led.outer_na``."""
    wanted = {name.replace("__", "."): value for name, value in settings.items()}
    wanted = {"led.power_mw": 1.0, "camera.exposure_ms": 20.0} | wanted
    frames = [
        rig.truth.path.expose(rig.truth.suppose({**wanted, "stage.x_um": x, "stage.y_um": y}))
        for x, y in FIELDS
    ]
    noise = camera_noise(rig, wanted)
    return estimate_information(np.stack(frames), noise, "copula", 8).bits_per_pixel
