"""One camera image, with what was true when it was taken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from drivers.types import Pixels


@dataclass(frozen=True, slots=True)
class FrameMeta:
    """What was read back for a frame, never what was asked for.

    Parameters
    ----------
    camera
        Label of the camera.
    index
        Number of the frame within its capture, from 0, without gaps.
    taken_at
        UTC, when the frame reached the program.
    exposure_ms
        Exposure time read back from the camera.
    saturation_adu
        ADU value at which this camera, as it is set now, clips.
    """

    camera: str
    index: int
    taken_at: datetime
    exposure_ms: float
    saturation_adu: int


@dataclass(frozen=True, slots=True)
class Frame:
    """A raw image: integer ADU, never rescaled.

    Parameters
    ----------
    pixels
        (height, width) unsigned integers, ADU; (channels, height, width) where one exposure records
        several images at once, colours, spectral bands or views. The same shape until a setting
        changes it. The receiver owns the array.
    meta
        What was read back with it.
    """

    pixels: Pixels
    meta: FrameMeta
