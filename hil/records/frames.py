"""Frames of one field and of one trial, as they pass between rooms."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from drivers.types import Pixels


@dataclass(frozen=True, slots=True)
class FieldFrames:
    """The repeats of one field of view within one trial.

    Parameters
    ----------
    field
        Index of the field in the session's list: the same scene position in every trial.
    frames
        (n_repeats, height, width) or (n_repeats, channels, height, width) unsigned integers, ADU.
    exposure_ms
        Read back from the camera.
    saturation_adu
        ADU at which the camera clips as it is set.
    taken_at
        UTC, when the last repeat arrived.
    """

    field: int
    frames: Pixels
    exposure_ms: float
    saturation_adu: int
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class Measurement:
    """All frames of one trial, fields in the session's order.

    Parameters
    ----------
    frames
        (n_fields, n_repeats, height, width) unsigned integers, ADU; channels, where there are
        several, before height.
    exposure_ms, saturation_adu
        As in `FieldFrames`; the same for all fields of a trial.
    n_blanks
        How many of the fields, the last ones, are blank.
    device_s
        Time that the devices took, seconds; NaN where it is not known.
    dose_mj
        Light that reached the sample; NaN where it was not metered.
    fields
        Which fields of the session's list these are; empty for all.
    flags
        What guards of frames doubt; for the estimate.
    """

    frames: Pixels
    exposure_ms: float
    saturation_adu: int
    n_blanks: int = 0
    device_s: float = math.nan
    dose_mj: float = math.nan
    fields: tuple[int, ...] = ()
    flags: tuple[str, ...] = ()
