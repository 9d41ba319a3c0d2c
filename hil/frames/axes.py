"""Which axis of a stored array is what, and its frames field by field.

f : field of view    r : repeat of a field    c : channel    y, x : height and width
One letter an axis, in the order of the file. Several f, time and stage position say, count as one;
so do several r.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.given import why
from hil.errors import InputError
from hil.frames.absent import complete_block, incomplete
from hil.frames.arrays import FileArray, Index

_BY_NUMBER = {2: "yx", 3: "fyx", 4: "fryx", 5: "frcyx"}
_LETTERS = "f field of view, r repeat, c channel, y, x"
_UNTOLD = set("QI")  # what tifffile calls axes that nobody named
_COLOUR = "S"
_MOST_CHANNELS = 4  # that are believed without names: some writers put frames on the channel axis


def frame_axes(path: Path, array: FileArray, told: str | None) -> str:
    """Say what the axes are: as ``told``, else as the file names them, else by their number.

    Raises
    ------
    InputError
        Where that is not clear, or cannot be.
    """
    n = len(array.shape)
    if told is not None:
        return _as_told(path, told.lower(), array)
    if array.axes and set(array.axes[:-2]) != {"Q"}:
        return _as_named(path, array)
    if n not in _BY_NUMBER:
        raise InputError(path, "", f"has shape {array.shape}; allowed: 2 to 5 axes, or --axes")
    height, width = array.shape[-2:]
    if n > 2 and width in (3, 4) and height > 4:
        raise InputError(
            path,
            "",
            f"has shape {array.shape}, which looks like colour images; allowed: grey ones, or "
            "--axes that say where c lies",
        )
    if _frames_last(array.shape):
        last = "yx" + _BY_NUMBER[n][:-2].replace("frc", "cfr")
        raise InputError(
            path,
            "",
            f"has shape {array.shape}, where frames seem to stand on the last axis; allowed: "
            f"--axes {last}, or --axes {_BY_NUMBER[n]} where they stand on the first",
        )
    return _BY_NUMBER[n]


def _frames_last(shape: tuple[int, ...]) -> bool:
    """Whether height and width come first, as MATLAB and Fortran have them.

    Then the first two are large and alike, or both more than twice what frames would be wide.
    """
    if len(shape) < 3:
        return False
    first, second, *_, last = shape
    if len(shape) > 3:
        return min(first, second) > 2 * max(shape[2:])
    return last != first == second > 4 or min(first, second) > 2 * last


def _as_told(path: Path, axes: str, array: FileArray) -> str:
    wrong = [letter for letter in axes if letter not in "frcyx"]
    if wrong or any(axes.count(one) != 1 for one in "yx") or axes.count("c") > 1:
        raise InputError(
            "axes", "", f"{axes!r}; allowed: one letter an axis: {_LETTERS}; y and x once each"
        )
    if len(axes) != len(array.shape):
        raise InputError(
            "axes", "", f"{axes!r} names {len(axes)} axes, and {path} has shape {array.shape}"
        )
    return axes


def _as_named(path: Path, array: FileArray) -> str:
    names = array.axes
    if _COLOUR in names:
        raise InputError(
            path, "", "holds colour images; allowed: grey ones, or --axes that say where c lies"
        )
    n_channels = array.shape[names.index("C")] if "C" in names else 1
    if n_channels > _MOST_CHANNELS and len(array.channels) != n_channels:
        shown = "".join({"X": "x", "Y": "y", "C": "f"}.get(name, "r") for name in names)
        raise InputError(
            path,
            "",
            f"has {n_channels} channels without names, axes {names} of lengths {array.shape}, "
            f"which may be frames; allowed: --axes, {shown} where they are fields of view, "
            f"{shown.replace('f', 'c')} where they are channels",
        )
    others = [
        name for n, name in zip(array.shape, names, strict=True) if name not in "XYCfr" and n > 1
    ]
    if len(others) > 2 or (len(others) == 2 and not set(others) <= _UNTOLD):
        raise InputError(
            path,
            "",
            f"has axes {names} of lengths {array.shape}, and which of them are fields of view and "
            f"which repeats of one it does not say; allowed: --axes, {_LETTERS}",
        )
    letters = dict(zip("XYCfr", "xycfr", strict=True))
    meanings = iter("fr")
    return "".join(
        letters.get(name) or (next(meanings) if n > 1 else "f")
        for n, name in zip(array.shape, names, strict=True)
    )


class FrameFile:
    """Frames in a file, read one field of view at a time.

    ``frames[i]`` is field i: (n_repeats, height, width), or (n_repeats, channels, height, width).

    Parameters
    ----------
    path
        The file, for messages.
    array
        What it holds.
    axes
        From `frame_axes`.
    channel
        Only this one of the channels, from 0; None for all.
    allow_missing
        Leave frames out of which parts were never written.

    Raises
    ------
    InputError
        Where there is no such channel, or frames are incomplete.
    """

    def __init__(
        self,
        path: Path,
        array: FileArray,
        axes: str,
        channel: int | None = None,
        allow_missing: bool = False,
    ) -> None:
        self._path, self._array, self._axes, self._channel = path, array, axes, channel
        lengths = {
            one: [n for n, axis in zip(array.shape, axes, strict=True) if axis == one]
            for one in "frcyx"
        }
        channels = lengths["c"]
        if channel is not None:
            if not channels or not 0 <= channel < channels[0]:
                held = f"{channels[0]} of them, from 0" if channels else "no channel axis"
                raise InputError("channel", "", f"{channel}; {path} has {held}")
            channels = []
        self._field_shape = tuple(lengths["f"])
        n_fields, n_repeats = math.prod(lengths["f"]), math.prod(lengths["r"])
        if 0 in array.shape:
            raise InputError(path, "", f"holds no frames: its shape is {array.shape}")
        self._stored = (n_repeats, *channels, *lengths["y"], *lengths["x"])
        self._fields, self._repeats, self._left_out = np.arange(n_fields), np.arange(n_repeats), ""
        if array.absent is not None:
            lacking = incomplete(array.absent, array.shape, axes, channel)
            self._fields, self._repeats, self._left_out = complete_block(
                path, array.absent, lacking, allow_missing
            )
        self.shape = (len(self._fields), len(self._repeats), *self._stored[1:])
        self.dtype = array.dtype

    @property
    def axes(self) -> str:
        """What each axis of the file was read as."""
        return self._axes

    @property
    def left_out(self) -> str:
        """Which frames are left out, in words; empty for none."""
        return self._left_out

    @property
    def recorded(self) -> dict[str, str]:
        """What the file says of how it was taken: channels, camera, exposure, ..."""
        names = {"channels": ", ".join(self._array.channels)} if self._array.channels else {}
        return names | dict(self._array.recorded)

    def __getitem__(self, field: int) -> NDArray[Any]:
        """Read one field of view."""
        if not 0 <= field < self.shape[0]:
            raise IndexError(field)
        stored = int(self._fields[field])
        place = iter(np.unravel_index(stored, self._field_shape) if self._field_shape else ())
        index: Index = tuple(
            int(next(place)) if one == "f" else self._of_channels() if one == "c" else slice(None)
            for one in self._axes
        )
        part = readable(self._path, lambda: self._array.read(index))
        left = self._axes.replace("f", "")
        if self._channel is not None:
            left = left.replace("c", "")
        ordered = part.transpose(
            sorted(range(len(left)), key=lambda axis: "rcyx".index(left[axis]))
        )
        whole = np.ascontiguousarray(ordered).reshape(self._stored)
        return whole if len(self._repeats) == len(whole) else whole[self._repeats]

    def _of_channels(self) -> int | slice:
        return slice(None) if self._channel is None else self._channel


def readable(path: Path, read: Callable[[], Any]) -> Any:
    """Read; whatever goes wrong becomes one line about the file.

    Raises
    ------
    InputError
    """
    try:
        return read()
    except InputError:
        raise
    except Exception as error:  # each library has its own tree of errors
        reason = why(error)
        if reason.startswith("mmap length"):
            reason = "it ends before its frames do"
        raise InputError(path, "", f"cannot be read: {reason}") from error
