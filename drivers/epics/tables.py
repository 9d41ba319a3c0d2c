"""What a rig file says of process variables; which setting is which variable."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, model_validator

from drivers.epics.described import PVA
from drivers.protocol import Role

Number = Annotated[float, Field(allow_inf_nan=False, strict=True)]
_BARE = re.compile(r"\S{1,120}")


def _pv(name: str) -> str:
    """Refuse what names no variable, or a protocol that is not spoken."""
    bare = name.removeprefix(PVA)
    if _BARE.fullmatch(bare) is None or "://" in bare:
        raise ValueError(f"{name!r}, allowed: NAME or {PVA}NAME, of up to 120 characters")
    return name


Pv = Annotated[str, AfterValidator(_pv)]
_NAME = re.compile(r"[A-Za-z]\w*")
_ADDRESS = re.compile(r"(pva://)?[\w.\-]+(:\d{1,5})?")
Severity = Literal["minor", "major", "invalid"]


class VariableTable(BaseModel, frozen=True, extra="forbid"):
    """A setting on a process variable.

    Parameters
    ----------
    name
        Of the setting, with its unit at the end.
    pv
        What is written, and read without `readback`. This and others with ``pva://`` before the
        name are asked by PV Access.
    readback
        What is read.
    low, high
        Bounds, inside those that the record states.
    choices
        For a record of text: what it may be. Those of an enumeration are the record's.
    unit
        Where the name does not say it.
    tolerance
        How far a read-back may lie off.
    done
        A variable that reads `done_value` when the setting rests.
    done_value
        Of `done`.
    stop
        A variable that stops the motion when 1 is written.
    role, park
        As in `drivers.protocol.Setting`.
    read_only
        It is only read, also where the record could be written.
    """

    name: str
    pv: Pv
    readback: Pv | None = None
    low: Number | None = None
    high: Number | None = None
    choices: tuple[str, ...] | None = Field(default=None, min_length=1)
    unit: str | None = None
    tolerance: Annotated[Number, Field(ge=0)] | None = None
    done: Pv | None = None
    done_value: Annotated[int, Field(strict=True)] = 1
    stop: Pv | None = None
    role: Role = "other"
    park: float | int | str | None = None
    read_only: bool = False

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        if _NAME.fullmatch(self.name) is None:
            raise ValueError(f"name: {self.name!r}, allowed: letters, digits, and _")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError(f"low: {self.low:g} is not below high, {self.high:g}")
        if self.choices is not None and (self.low is not None or self.high is not None):
            raise ValueError("choices: not beside low and high")
        if self.role == "preset":
            raise ValueError("role: allowed: light, position, exposure, other")
        return self


class DetectorTable(BaseModel, frozen=True, extra="forbid"):
    """An areaDetector camera with its image plugin.

    Parameters
    ----------
    prefix
        Of its variables, ``"13SIM1:"``; ``"pva://13SIM1:"`` asks all of them by PV Access.
    label
        Of the camera.
    cam, image
        What follows the prefix for the driver and for the plugin with the pixels.
    pva
        What follows it for a plugin that serves images by PV Access, instead of `image`.
    bit_depth
        Of a value: it clips at ``2^bit_depth - 1``.
    exposure_low_ms, exposure_high_ms
        Bounds, inside those that the record states.
    """

    prefix: Pv
    label: str = Field(default="camera", min_length=1)
    cam: str = "cam1:"
    image: str = "image1:"
    pva: Annotated[str, Field(min_length=1)] | None = None
    bit_depth: Annotated[int, Field(ge=1, le=16, strict=True)]
    exposure_low_ms: Annotated[Number, Field(gt=0)] = 0.01
    exposure_high_ms: Annotated[Number, Field(gt=0)] = 60_000.0


class EpicsTable(BaseModel, frozen=True, extra="forbid"):
    """A ``[[driver]]`` table of kind ``"epics"``.

    Parameters
    ----------
    label
        Of the device with the settings.
    settings
        On process variables.
    camera
        The areaDetector; none without it.
    addresses
        Where servers are searched, ``"10.0.0.7:5064"``, for PV Access ``"pva://10.0.0.7:5076"``;
        without any of a protocol as ``EPICS_CA_ADDR_LIST`` and ``EPICS_PVA_ADDR_LIST`` say, or in
        the computer's networks.
    timeout_s
        How long a variable may take to be found, and to answer.
    alarm
        Severity from which what a record says is an error.
    """

    label: str = Field(default="epics", min_length=1)
    settings: tuple[VariableTable, ...] = ()
    camera: DetectorTable | None = None
    addresses: tuple[str, ...] = ()
    timeout_s: Annotated[Number, Field(gt=0, le=600)] = 2.0
    alarm: Severity = "invalid"

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.settings and self.camera is None:
            raise ValueError("settings: needed, or a camera")
        names = [setting.name for setting in self.settings]
        if len(set(names)) < len(names):
            raise ValueError("settings: a name is given twice")
        if self.camera is not None and self.settings and self.camera.label == self.label:
            raise ValueError(f"camera.label: {self.label!r} is the settings' own label")
        for address in self.addresses:
            if _ADDRESS.fullmatch(address) is None:
                raise ValueError(f'addresses: {address!r}, allowed: "host" or "host:port"')
        return self
