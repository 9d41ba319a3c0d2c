"""A simulated rig from its parts: devices, a camera, and the figures of merit of its light path."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from drivers.types import Pixels, Value
from sim.parts.camera import SimulatedCamera
from sim.parts.devices import Axis, Link, SimulatedDevice
from sim.parts.light_path import LightPath, PathTruth
from sim.parts.metrics import Metrics
from sim.parts.rig import SimulatedRig, present_settings
from sim.parts.simulated_clock import Pace

Part: TypeAlias = Callable[[Pace, Link, object], SimulatedDevice]
"""Makes a device, given how time passes, the wire, and what the simulation hides."""


class ExposedPath(LightPath, Protocol):
    """A light path that ends on a sensor."""

    def expose(self, settings: Mapping[str, Value]) -> Pixels:
        """Take a frame; chance, and what light does to the sample, move on."""
        ...


@dataclass(frozen=True, slots=True)
class CameraPart:
    """The camera of a rig.

    Parameters
    ----------
    label, axes, saturation_adu, serial
        As for `SimulatedCamera`.
    readout_ms
        Time from the end of an exposure until the frame is there; or how it follows from the
        settings.
    """

    label: str
    axes: Sequence[Axis]
    saturation_adu: int
    readout_ms: float | Callable[[Mapping[str, Value]], float]
    serial: str = ""


def device(label: str, *axes: Axis) -> Part:
    """Make a device of these settings."""
    return lambda pace, link, truth: SimulatedDevice(label, axes, pace, link, truth)


def assemble(
    path: ExposedPath,
    parts: Iterable[Part],
    camera: CameraPart,
    units: Mapping[str, str],
    libraries: Iterable[str],
    pace: Pace,
    truth_of: Callable[[Any, Sequence[SimulatedDevice]], PathTruth[Any]] = PathTruth,
) -> SimulatedRig:
    """Put a rig together.

    Parameters
    ----------
    path
        From settings to frames.
    parts
        All devices but the camera, in the order in which they are shown; the camera comes after
        them, then ``metrics``.
    camera
        The camera.
    units
        Unit of each figure of ``path.metrics`` by name.
    libraries
        What the images depend on; their versions go on record.
    pace
        How time passes.
    truth_of
        Makes what is hidden from the path and the devices.
    """
    link = Link()
    devices: list[SimulatedDevice] = []
    truth = truth_of(path, devices)
    readout_ms = camera.readout_ms

    def readout() -> float:
        return readout_ms(present_settings(devices)) if callable(readout_ms) else readout_ms

    devices += (part(pace, link, truth) for part in parts)
    devices.append(
        SimulatedCamera(
            camera.label,
            camera.axes,
            pace,
            link,
            truth,
            expose=lambda: path.expose(present_settings(devices)),
            saturation_adu=camera.saturation_adu,
            readout_ms=readout,
            serial=camera.serial,
        )
    )
    metrics = Metrics(units, path.metrics, devices, pace, link, truth)
    return SimulatedRig([*devices, metrics], link, truth, libraries)
