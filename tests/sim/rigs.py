"""What the tests of simulated rigs share: settings applied, frames taken, noise as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from drivers.protocol import Camera
from drivers.types import Value
from hil.information import estimate_information
from hil.noise import CameraNoise
from hil.records.estimate import Estimate
from sim.parts.rig import SimulatedRig

Settings = dict[str, Value]


class Factor(NamedTuple):
    """Something that quality depends on, and settings that are better and worse by it."""

    name: str
    better: Settings
    worse: Settings


def apply(rig: SimulatedRig, settings: Mapping[str, Value]) -> None:
    for name, value in settings.items():
        device = rig.devices[name.split(".")[0]]
        device.start({name: value})
        device.settle(10.0)


def frame(rig: SimulatedRig, camera: str = "camera") -> np.ndarray[Any, Any]:
    device = rig.devices[camera]
    assert isinstance(device, Camera)
    return next(iter(device.capture(1, 1.0))).pixels


def frames(
    rig: SimulatedRig, fields: Iterable[Mapping[str, Value]], camera: str = "camera"
) -> np.ndarray[Any, Any]:
    """(fields, ...) one frame of each."""
    taken = []
    for field in fields:
        apply(rig, field)
        taken.append(frame(rig, camera))
    return np.stack(taken)


def camera_noise(rig: SimulatedRig, settings: Mapping[str, Value] | None = None) -> CameraNoise:
    numbers = rig.truth.noise_model(settings)
    return CameraNoise(
        numbers.gain_e_per_adu, numbers.offset_adu, numbers.read_noise_e, numbers.bit_depth
    )


def measure(
    rig: SimulatedRig,
    settings: Mapping[str, Value],
    fields: Iterable[Mapping[str, Value]],
    estimator: str = "stationary",
    patch_size: int = 8,
) -> Estimate:
    """Information at some settings; frames of several channels, (bands, h, w), are one field."""
    apply(rig, settings)
    stack = frames(rig, fields)
    stack = stack[:, None] if stack.ndim == 4 else stack
    return estimate_information(stack, camera_noise(rig), estimator, patch_size)
