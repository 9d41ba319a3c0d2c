"""A small satellite whose focus and shutter are not as they say, and frames of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from drivers.types import Value
from hil.noise.camera import CameraNoise
from hil.twin.data import TrialFrames
from sim.satellite.options import SatelliteOptions
from sim.satellite.path import SatellitePath
from sim.satellite.unknown import SatelliteUnknown

PLACES: list[dict[str, Value]] = [
    {"pointing.along_km": 0.4, "pointing.across_km": -0.7},
    {"pointing.along_km": -0.8, "pointing.across_km": 0.55},
]
NOISE = CameraNoise(8.0, 20.0, 12.0, bit_depth=12)


def path(**options: Any) -> SatellitePath:
    return SatellitePath(SatelliteOptions(**{"side_px": 32, **options}))


def settings(**moved: float) -> dict[str, Value]:
    stood: dict[str, Value] = {"telescope.focus_um": 0.0, "camera.exposure_ms": 1.0}
    stood |= {"filter.centre_nm": 560.0, "filter.width_nm": 60.0, "camera.line_rate_khz": 0.7}
    stood |= {"camera.gain": "low", "camera.binning": 1}
    return stood | {name.replace("__", "."): value for name, value in moved.items()}


def several() -> list[dict[str, Value]]:
    moved = ((-55.0, 0.4), (-15.0, 1.2), (10.0, 0.6), (50.0, 1.0))
    return [settings(telescope__focus_um=um, camera__exposure_ms=ms) for um, ms in moved]


def frames(land: SatellitePath, trials: list[dict[str, Value]]) -> list[TrialFrames]:
    return [
        TrialFrames(one, np.stack([land.expose(one | place)[None] for place in PLACES]), NOISE)
        for one in trials
    ]


def unknown(**options: Any) -> SatelliteUnknown:
    """A rig of the same kind, of which nothing is known."""
    return SatelliteUnknown(path(seed=77, **options))
