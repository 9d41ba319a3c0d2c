"""``[calibrate]`` of ``rig.toml``: how a camera is calibrated, what the result is tied to."""

from __future__ import annotations

import math
import re
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from hil.spec.base import Number, SettingName, Settings, SettingValue, Spec, Whole

# Fewer levels do not show whether the camera is linear.
FEWEST_LEVELS = 3


class CalibratedNoiseSpec(Spec):
    """Noise as it was measured by ``hil calibrate``, instead of numbers in the rig file.

    Parameters
    ----------
    calibration
        ``"latest"`` of this rig, an id, or a unique beginning of one.
    maps
        Whether what differs between pixels is corrected. Without it, where the calibration was made
        with a flat field.
    """

    # What a person writes is `calibration` alone.
    kind: Literal["calibrated"] = "calibrated"
    calibration: str
    maps: bool | None = None

    @field_validator("calibration")
    @classmethod
    def _a_reference(cls, ref: str) -> str:
        if not re.fullmatch(r"latest|[0-9a-fA-F]{4,32}", ref):
            raise ValueError(
                f"{ref!r} is no calibration, allowed: 'latest', an id, its beginning (4 digits up)"
            )
        return ref


def implied_kind(table: Any) -> Any:
    """Let ``calibration = ...`` stand without a ``kind``."""
    if not isinstance(table, dict) or "calibration" not in table:
        return table
    if "kind" in table and table["kind"] != "calibrated":
        raise ValueError("give either kind with its numbers, or calibration")
    return {"kind": "calibrated", **table}


class Dark(Spec):
    """How the camera is brought into the dark.

    Parameters
    ----------
    set
        Shutter shut, light off, shortest exposure.
    long
        Settings on top of these for a second dark stack, a long exposure say: the dark current
        comes from the two.
    """

    set: Settings = Field(min_length=1)
    long: Settings = Field(default_factory=dict)


class Vary(Spec):
    """What is varied to bring more and less light to the camera, dim first.

    Parameters
    ----------
    setting
        The exposure, or the level of the light.
    low, high, points
        Levels from `low` to `high`. Their square roots lie at equal distances, so that the shot
        noise grows by the same amount from each level to the next.
    choices
        Levels of a setting with choices, a wheel of grey filters say, instead of a range.
    proportional
        Whether the light is proportional to the setting: only then the camera's linearity shows.
        Without it, true for an exposure and for a power in mW.
    """

    setting: SettingName
    low: Number | None = Field(default=None, ge=0)
    high: Number | None = Field(default=None, gt=0)
    points: Whole = Field(default=8, ge=FEWEST_LEVELS, le=200)
    choices: tuple[SettingValue, ...] | None = Field(default=None, min_length=FEWEST_LEVELS)
    proportional: bool | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if self.choices is not None:
            if self.low is not None or self.high is not None or "points" in self.model_fields_set:
                raise ValueError("choices go without low, high and points")
            if len(set(self.choices)) < len(self.choices):
                raise ValueError("a choice is named twice")
            if self.proportional and any(isinstance(choice, str) for choice in self.choices):
                raise ValueError("proportional goes with numbers, and a choice here is text")
            return self
        if self.low is None or self.high is None:
            raise ValueError("give low and high, or choices")
        if self.low >= self.high:
            raise ValueError(f"low = {self.low:g} is not below high = {self.high:g}")
        return self

    @property
    def levels(self) -> tuple[SettingValue, ...]:
        """The values of the setting in order."""
        if self.choices is not None:
            return self.choices
        assert self.low is not None and self.high is not None
        low, high = math.sqrt(self.low), math.sqrt(self.high)
        step = (high - low) / (self.points - 1)
        inner = [round((low + i * step) ** 2, 6) for i in range(1, self.points - 1)]
        return (self.low, *inner, self.high)


class Flat(Spec):
    """How an even field of light is brought before the camera, for the maps of its pixels.

    Parameters
    ----------
    set
        Settings, on top of what the calibration found after ``[setup]``.
    frames
        How many; as many dark ones are taken with them, for the map of the offset.
    """

    set: Settings = Field(default_factory=dict)
    frames: Whole = Field(default=200, ge=4, le=100_000)


class CalibrateSpec(Spec):
    """The recipe of ``hil calibrate``.

    Parameters
    ----------
    dark
        The dark recipe.
    vary
        What brings more and less light.
    set
        Applied after ``[setup]``, for the calibration alone.
    repeats
        Frames at each level, and dark ones.
    flat
        The flat field; without it the calibration has no maps.
    tied_to
        Further settings that a calibration holds for, beside the camera's own: a filter before the
        camera, a beam splitter.
    not_tied_to
        Settings of the camera that do not change what it reads.
    temperature_band_k
        How far a temperature of the camera may lie from the calibration's, kelvin.
    """

    dark: Dark
    vary: Vary
    set: Settings = Field(default_factory=dict)
    repeats: Whole = Field(default=16, ge=4, le=10_000)
    flat: Flat | None = None
    tied_to: tuple[SettingName, ...] = ()
    not_tied_to: tuple[SettingName, ...] = ()
    temperature_band_k: Number = Field(default=2.0, gt=0, le=50)

    @model_validator(mode="after")
    def _hold_together(self) -> Self:
        if self.vary.setting in self.set:
            raise ValueError(f"{self.vary.setting} stands in set and is varied")
        if both := set(self.tied_to) & set(self.not_tied_to):
            raise ValueError(f"{min(both)} stands in tied_to and in not_tied_to")
        if self.vary.setting in self.tied_to:
            raise ValueError(f"{self.vary.setting} stands in tied_to and is varied")
        return self
