"""A small microscope with a hidden aberration, and frames of it at random settings."""

from __future__ import annotations

from typing import Any

import numpy as np

from drivers.types import Value
from hil.noise.camera import CameraNoise
from hil.twin.data import TrialFrames
from sim.microscope.fluorescence.path import FluorescencePath
from sim.microscope.fluorescence.unknown import FluorescenceUnknown
from sim.microscope.options import MicroscopeOptions
from sim.microscope.stand.mirror import MIRROR_SETTINGS

PLACES: list[dict[str, Value]] = [
    {"stage.x_um": 0.0, "stage.y_um": 0.0},
    {"stage.x_um": 12.0, "stage.y_um": -7.3},
]
NOISE = CameraNoise(0.5, 100, 1.6)


def path(**options: Any) -> FluorescencePath:
    small = {"height_px": 64, "width_px": 64, "scene_um": 60.0}
    return FluorescencePath(MicroscopeOptions(**{**small, **options}))


def settings(**moved: float) -> dict[str, Value]:
    stood: dict[str, Value] = {"light.power_mw": 2.0, "camera.exposure_ms": 10.0}
    stood |= {"camera.binning": 1, "focus.z_um": 0.0, **dict.fromkeys(MIRROR_SETTINGS, 0.0)}
    return stood | {name.replace("__", "."): value for name, value in moved.items()}


def several(n: int, seed: int = 0) -> list[dict[str, Value]]:
    rng = np.random.default_rng(seed)
    found = [settings()]
    for _ in range(n - 1):
        z, a, b = rng.uniform(-1, 1, 3)
        found.append(settings(focus__z_um=z, mirror__z5_nm=80 * a, mirror__z6_nm=80 * b))
    return found


def frames(
    scope: FluorescencePath, trials: list[dict[str, Value]], places: list[dict[str, Value]] = PLACES
) -> list[TrialFrames]:
    return [
        TrialFrames(one, np.stack([scope.expose(one | place)[None] for place in places]), NOISE)
        for one in trials
    ]


def unknown(**options: Any) -> FluorescenceUnknown:
    """A rig of the same kind, of which nothing is known."""
    return FluorescenceUnknown(path(seed=77, **options))
