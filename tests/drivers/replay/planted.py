"""A recording made by hand: three positions of a stage, two fields of view, four repeats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from drivers.protocol import Setting
from drivers.replay.recording import RecordedTrial, Recording
from drivers.types import Pixels, Value

SETTINGS = (
    Setting("camera.exposure_ms", "float", "ms", 1, 100, role="exposure"),
    Setting("Z.position_um", "float", "um", 0, 10, role="position"),
    Setting("wheel.Label", "choice", choices=("DAPI", "FITC")),
    Setting("lamp.power_mw", "float", "mw", 0, 5, role="light"),
    Setting("X.position_um", "float", "um", -50, 50, role="position"),
    Setting("room.celsius", "float", read_only=True),
)


def trial(number: int, z: float, wheel: str, seen: float | None = None) -> RecordedTrial:
    requested: dict[str, Value] = {"Z.position_um": z, "wheel.Label": wheel}
    read: dict[str, Value] = {**requested, "Z.position_um": z if seen is None else seen}
    read["room.celsius"] = 20.0 + number
    return RecordedTrial(number, requested, read, 10.0, 4095, 3.0, (0, 1))


def frames(number: int, field: int) -> Pixels:
    """Every frame says by its value which one it is."""
    values = 1000 * number + 100 * field + np.arange(4, dtype=np.uint16)
    return np.repeat(values, 6).reshape(4, 2, 3).astype(np.uint16)


RECORDING = Recording(
    name="session 1234abcd",
    camera="camera",
    settings=SETTINGS,
    present={
        "camera.exposure_ms": 10.0,
        "Z.position_um": 1.0,
        "wheel.Label": "DAPI",
        "lamp.power_mw": 2.0,
        "X.position_um": 0.0,
        "room.celsius": 20.0,
    },
    held={"lamp.power_mw": 2.0},
    places=({"X.position_um": 0.0}, {"X.position_um": 20.0}),
    trials=(trial(0, 1.0, "DAPI"), trial(1, 3.0, "DAPI", 3.02), trial(4, 1.0, "DAPI")),
    pixels=frames,
    close=lambda: None,
)


def with_trials(*trials: RecordedTrial, **changes: object) -> Recording:
    return replace(RECORDING, trials=trials, **changes)  # type: ignore[arg-type]


def targets(**values: Value) -> Mapping[str, Value]:
    names = {"z": "Z.position_um", "wheel": "wheel.Label", "x": "X.position_um"}
    return {names[key]: value for key, value in values.items()}
