"""Frames from files: .npy, .npz, .tif, .zarr."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from hil.errors import InputError, nearest
from hil.frames.arrays import FileArray, open_npy, open_npz, open_zarr
from hil.frames.axes import FrameFile, frame_axes, readable
from hil.frames.tiff import open_tiff

_OPENERS: dict[str, Callable[[Path], FileArray]] = {
    ".npy": open_npy,
    ".npz": open_npz,
    ".tif": open_tiff,
    ".tiff": open_tiff,
    ".zarr": open_zarr,
}


def read_frames(path: str | Path) -> NDArray[Any]:
    """Read a whole file, as it was stored: its shape is checked where it is used.

    Parameters
    ----------
    path
        ``.npy``; ``.npz`` or ``.zarr`` with one array or one that is called ``frames``; ``.tif``.
        Nothing pickled is read.

    Returns
    -------
    array, as it was stored.

    Raises
    ------
    InputError
        Naming the file.
    """
    path = Path(path)
    array = _open(path)
    if "S" in array.axes:
        raise InputError(path, "", "holds colour images; allowed: grey ones")
    whole: NDArray[Any] = readable(path, lambda: array.read((slice(None),) * len(array.shape)))
    return whole


def open_frames(path: str | Path, axes: str | None = None, channel: int | None = None) -> FrameFile:
    """Open frames, of which one field of view is read at a time.

    Parameters
    ----------
    path
        As for `read_frames`.
    axes
        What the stored axes are, one letter each: ``f`` field of view, ``r`` repeat, ``c`` channel,
        ``y``, ``x``. None for what the file says, else ``yx``, ``fyx``, ``fryx`` or ``frcyx``.
    channel
        Read one channel alone, from 0.

    Raises
    ------
    InputError
        Naming the file.
    """
    path = Path(path)
    array = _open(path)
    return FrameFile(path, array, frame_axes(path, array, axes), channel)


def _open(path: Path) -> FileArray:
    opener = _OPENERS.get(path.suffix.lower())
    if opener is None:
        raise InputError(path, "", f"is of no known kind; {nearest(path.suffix, _OPENERS)}")
    if not path.exists():
        raise InputError(path, "", "no such file")
    array: FileArray = readable(path, lambda: opener(path))
    return array
