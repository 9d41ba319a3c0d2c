"""The microscope as its tests open it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from drivers.protocol import Camera
from sim.microscope.rig import KIND
from sim.parts.rig import SimulatedRig

SMALL: dict[str, Any] = {"height_px": 96, "width_px": 64, "scene_um": 40.0}
MIRROR = [f"mirror.z{j}_nm" for j in range(4, 12)]


def open_scope(**options: Any) -> SimulatedRig:
    return KIND.open(KIND.options(SMALL | options, Path()))


def set_values(scope: SimulatedRig, **values: float) -> None:
    """Apply and settle: ``stage__x_um=3`` means ``stage.x_um``."""
    apply_values(scope, {name.replace("__", "."): value for name, value in values.items()})


def apply_values(scope: SimulatedRig, values: Mapping[str, float]) -> None:
    for name, value in values.items():
        device = scope.devices[name.split(".", maxsplit=1)[0]]
        device.start({name: value})
        device.settle(1.0)


def camera_of(scope: SimulatedRig) -> Camera:
    camera = scope.devices["camera"]
    assert isinstance(camera, Camera)
    return camera


def frames_of(scope: SimulatedRig, n: int = 1) -> np.ndarray:
    return np.array([frame.pixels for frame in camera_of(scope).capture(n, 1.0)])
