"""What a calibration is tied to: all of a camera that changes its numbers, read back from it.

A calibration of 2 x 2 binning is wrong for 1 x 1, one of -20 degrees for +20, and one of another
camera of the same make for this one. Drivers do not say which of a camera's settings matter, so
every one counts that can be set, but those whose names say that they have to do with time,
triggers, transport or display; the rig file adds and takes away (``tied_to``, ``not_tied_to``).
Readings count where they are temperatures, within a band; and so do the words by which the camera
says which one it is (`drivers.protocol.Identified`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from drivers.errors import DriverError
from drivers.protocol import Camera, Identified, Setting
from drivers.types import Value
from hil.errors import RigError
from hil.rig.safety import Safety
from hil.spec import CalibrateSpec

# Settings of cameras that change when or how frames come, and not what a pixel reads. Among them
# those that Micro-Manager's adapters have: Hamamatsu, Andor, PVCAM, Basler, FLIR, IDS, PCO, ZWO.
_NO_MATTER = re.compile(
    r"trigger|frame.?rate|fps|interval|strobe|time.?out|timestamp|buffer|sequence|queue|bandwidth"
    r"|throughput|packet|display|callback|image.?number|auto_shutter|metadata|multi.?roi|async"
    r"|exposure|(^|[\W_])(fan|log|led|usb)",
    re.IGNORECASE,
)
_TEMPERATURE = re.compile(r"temperature|(^|[\W_])temp([\W_]|$)", re.IGNORECASE)
_RELATIVE = 1e-9


@dataclass(frozen=True, slots=True)
class Tie:
    """A camera as it was found, in all that matters to its calibration.

    Parameters
    ----------
    rig
        Name of the rig.
    identity
        What the camera says of which one it is.
    settings
        Canonical name to value, read back.
    temperatures
        Canonical name to reading.
    temperature_band_k
        How far a temperature may lie from it.
    """

    rig: str
    identity: Mapping[str, str]
    settings: Mapping[str, Value]
    temperatures: Mapping[str, float]
    temperature_band_k: float

    def to_json(self) -> dict[str, Any]:
        """Write it for the database."""
        return {
            "rig": self.rig,
            "identity": dict(self.identity),
            "settings": dict(self.settings),
            "temperatures": dict(self.temperatures),
            "temperature_band_k": self.temperature_band_k,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls(**stored)

    @property
    def camera_is_known(self) -> bool:
        """Whether another camera of the same kind would be noticed."""
        return any(re.search(r"serial|s/?n$|camera.?id", name, re.I) for name in self.identity)


@dataclass(frozen=True, slots=True)
class StateDifference:
    """Something that was otherwise when the calibration was made."""

    name: str
    then: Value | None
    now: Value | None
    note: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.name} was {_said(self.then)}, now {_said(self.now)}{self.note}"


def _said(value: Value | None) -> str:
    return (
        "not there" if value is None else f"{value:g}" if isinstance(value, float) else repr(value)
    )


def tied_settings(camera: Camera, safety: Safety, spec: CalibrateSpec) -> tuple[str, ...]:
    """Name the settings that a calibration by this recipe is tied to; canonical names.

    Raises
    ------
    SafetyError
        The recipe names settings that there are not.
    """
    further = [safety.setting(name, "calibrate.tied_to").name for name in spec.tied_to]
    left_out = {safety.setting(name, "calibrate.not_tied_to").name for name in spec.not_tied_to}
    varied = safety.setting(spec.vary.setting, "calibrate.vary.setting")
    left_out |= {varied.name, *(name for step in varied.expands.values() for name in step)}
    own = [setting.name for setting in camera.describe() if _matters(setting)]
    return tuple(name for name in dict.fromkeys([*own, *further]) if name not in left_out)


def _matters(setting: Setting) -> bool:
    if setting.read_only or setting.role in ("exposure", "light", "preset"):
        return False
    return not _is_temperature(setting) and not _NO_MATTER.search(_property(setting))


def _is_temperature(setting: Setting) -> bool:
    return setting.kind != "choice" and bool(_TEMPERATURE.search(_property(setting)))


def _property(setting: Setting) -> str:
    return setting.name.rpartition(".")[2]


def read_tie(rig: str, camera: Camera, safety: Safety, spec: CalibrateSpec) -> Tie:
    """Read all that matters from the camera as it is now, on the device thread.

    Raises
    ------
    SafetyError
        As `tied_settings`.
    RigError
        A device does not answer.
    """
    left_out = {safety.setting(name).name for name in spec.not_tied_to}
    temperatures = [
        setting.name
        for setting in camera.describe()
        if _is_temperature(setting) and setting.name not in left_out
    ]
    return _read(
        rig,
        camera,
        safety,
        tied_settings(camera, safety, spec),
        tuple(temperatures),
        spec.temperature_band_k,
    )


def read_again(then: Tie, rig: str, camera: Camera, safety: Safety) -> Tie:
    """Read what an earlier tie holds, on the device thread; what is not there any more is left out.

    Raises
    ------
    RigError
    """
    return _read(
        rig,
        camera,
        safety,
        tuple(name for name in then.settings if name in safety.settings),
        tuple(name for name in then.temperatures if name in safety.settings),
        then.temperature_band_k,
    )


def _read(
    rig: str,
    camera: Camera,
    safety: Safety,
    settings: tuple[str, ...],
    temperatures: tuple[str, ...],
    band_k: float,
) -> Tie:
    try:
        identity = dict(camera.identity()) if isinstance(camera, Identified) else {}
    except DriverError as error:
        raise RigError(str(error)) from error
    readings = safety.read(temperatures)
    return Tie(
        rig,
        identity,
        safety.read(settings),
        {name: float(value) for name, value in readings.items()},
        band_k,
    )


def differences(then: Tie, now: Tie) -> tuple[StateDifference, ...]:
    """List what has changed, the rig and the camera itself first."""
    found = [StateDifference("the rig", then.rig, now.rig)] if then.rig != now.rig else []
    found += [
        StateDifference(f"the camera's {name}", then.identity.get(name), now.identity.get(name))
        for name in dict.fromkeys([*then.identity, *now.identity])
        if then.identity.get(name) != now.identity.get(name)
    ]
    found += [
        StateDifference(name, value, now.settings.get(name))
        for name, value in then.settings.items()
        if not same_value(value, now.settings.get(name))
    ]
    found += [
        StateDifference(
            name, value, now.temperatures.get(name), f", allowed: {band} to either side"
        )
        for name, value in then.temperatures.items()
        for band in (f"{then.temperature_band_k:g} K",)
        if not abs(now.temperatures.get(name, math.inf) - value) <= then.temperature_band_k
    ]
    return tuple(found)


def same_value(then: Value, now: Value | None) -> bool:
    """Whether a setting reads as it did, as near as numbers come back."""
    if now is None or isinstance(then, str) or isinstance(now, str):
        return then == now
    return math.isclose(then, now, rel_tol=_RELATIVE, abs_tol=1e-12)
