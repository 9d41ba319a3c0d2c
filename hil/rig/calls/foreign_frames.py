"""What a camera's driver yields, made a frame of ours or told as a fault of the camera.

A vendor's library gives what it likes: lists, masked arrays, views of a buffer that the next frame
is written to, exposures as words. What is not what `drivers.frame` says would end the night in the
middle of whatever first looks at it; here it fails one trial, with the words for it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from drivers.errors import DeviceFault
from drivers.frame import Frame, FrameMeta
from drivers.types import Pixels

_ASKED = "capture"
_LONGEST = 80


class ForeignFrames:
    """Takes over the frames of one capture.

    Parameters
    ----------
    camera
        Label of the camera.
    """

    def __init__(self, camera: str) -> None:
        self._camera = camera

    def take(self, given: Any) -> Frame:
        """Give a frame whose array is its own, and whose numbers are numbers.

        Whether they are those of a measurement is for `hil.rig.guards` to say.

        Parameters
        ----------
        given
            What the driver yielded: anything.

        Raises
        ------
        DeviceFault
            It is no frame.
        """
        meta = getattr(given, "meta", None)
        if not isinstance(given, Frame) or not isinstance(meta, FrameMeta):
            what = "a frame without its FrameMeta" if isinstance(given, Frame) else _named(given)
            raise self._fault(f"it yields {what}, allowed: drivers.frame.Frame")
        pixels = self._pixels(given.pixels)
        exposure_ms = self._number("exposure_ms", meta.exposure_ms)
        saturation_adu = self._number("saturation_adu", meta.saturation_adu)
        if not math.isfinite(saturation_adu):
            raise self._fault(f"saturation_adu is {saturation_adu}, allowed: whole ADU above 0")
        return Frame(
            pixels,
            FrameMeta(
                self._camera, meta.index, meta.taken_at, float(exposure_ms), int(saturation_adu)
            ),
        )

    def _pixels(self, given: Any) -> Pixels:
        if not isinstance(given, np.ndarray):
            raise self._fault(f"pixels are {_named(given)}, allowed: a numpy array")
        if isinstance(given, np.ma.MaskedArray):
            if np.ma.getmaskarray(given).any():
                raise self._fault("pixels are masked, allowed: all that the camera saw")
            given = given.data
        # It may be what the next frame is read into, or the one that a second look takes.
        plain = np.array(given, order="C", subok=False)
        return plain if plain.dtype.isnative else plain.astype(plain.dtype.newbyteorder("="))

    def _number(self, name: str, given: Any) -> float | int:
        given = plain(given)
        if isinstance(given, bool) or not isinstance(given, float | int):
            raise self._fault(f"{name} is {_named(given)}, allowed: a number")
        return given

    def _fault(self, detail: str) -> DeviceFault:
        return DeviceFault(self._camera, _ASKED, detail)


def plain(given: Any) -> Any:
    """Give a number or a word of numpy's, or of a class of the driver's own, as one of Python's.

    A class of one's own, an enumeration say, may compare, hash and print itself as it likes.
    """
    if isinstance(given, np.generic | np.ndarray) and given.ndim == 0:
        given = given.item()
    if isinstance(given, bool):
        return given
    if isinstance(given, int):
        return int.__int__(given)
    if isinstance(given, float):
        return float.__float__(given)
    return str.__str__(given) if isinstance(given, str) else given


def shown(given: Any) -> str:
    """Write a value as Python does, of whatever length it is, as far as a person reads."""
    try:
        words = repr(given)
    except Exception:  # a whole number of thousands of digits, a class that cannot
        return f"a {type(given).__name__}"
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]} ..."


def _named(given: Any) -> str:
    """Say what something is; never what it says of itself, which may be anything."""
    if given is None:
        return "None"
    if isinstance(given, str | int | float | complex):
        return shown(given)
    if isinstance(given, np.ndarray):
        return f"an array of {' x '.join(map(str, given.shape)) or 'one'} {given.dtype.name}"
    return f"a {type(given).__name__}"
