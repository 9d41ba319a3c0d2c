"""Frames from files and folders, whatever of them tifffile, zarr or numpy can read."""

from __future__ import annotations

import stat
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from drivers.given import ordinary_file, why
from hil.errors import InputError, nearest
from hil.frames.arrays import FileArray, open_npy, open_npz
from hil.frames.axes import FrameFile, frame_axes, readable
from hil.frames.folder import open_folder
from hil.frames.kinds import kind_of
from hil.frames.micromanager import ndtiff_folder, open_ndtiff
from hil.frames.tiff import open_companion, open_tiff
from hil.frames.zarr_files import MARKS, open_zarr

_TIFF = (".tif", ".tiff", ".btf", ".tf2", ".tf8", ".lsm", ".stk")
_OPENERS: dict[str, Callable[[Path], FileArray]] = {
    ".npy": open_npy,
    ".npz": open_npz,
    ".zarr": open_zarr,
    ".zip": open_zarr,
    ".ozx": open_zarr,
    ".ome": open_companion,
}
_OPENERS.update(dict.fromkeys(_TIFF, open_tiff))
_BEGIN = dict.fromkeys(_TIFF, "TIFF") | {
    ".npy": ".npy",
    ".npz": "zip",
    ".zip": "zip",
    ".ozx": "zip",
}


def read_frames(path: str | Path) -> NDArray[Any]:
    """Read a whole file, as it was stored: its shape is checked where it is used.

    Parameters
    ----------
    path
        As for `open_frames`. Nothing pickled is read.

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
    if array.absent is not None and not array.absent.may_be_fill:
        raise InputError(path, "", f"is incomplete: {array.absent.why}")
    whole: NDArray[Any] = readable(path, lambda: array.read((slice(None),) * len(array.shape)))
    return whole


def open_frames(
    path: str | Path,
    axes: str | None = None,
    channel: int | None = None,
    allow_missing: bool = False,
) -> FrameFile:
    """Open frames, of which one field of view is read at a time.

    Parameters
    ----------
    path
        ``.npy``; ``.npz`` with one array or one that is called ``frames``; TIFF; Zarr and OME-Zarr,
        in a folder or a ``.zip``; folders of TIFF files, NDTiff among them. docs/image_files.md.
    axes
        What the stored axes are, one letter each: ``f`` field of view, ``r`` repeat, ``c`` channel,
        ``y``, ``x``. None for what the file says, else ``yx``, ``fyx``, ``fryx`` or ``frcyx``.
    channel
        Read one channel alone, from 0.
    allow_missing
        Leave frames out of which parts were never written, instead of refusing them all.

    Raises
    ------
    InputError
        Naming the file.
    """
    path = Path(path)
    array = _open(path)
    found = frame_axes(path, array, axes)
    if axes is None and channel is None and "c" in found and array.shape[found.index("c")] == 1:
        found = found.replace("c", "f")  # a single channel is none
    return FrameFile(path, array, found, channel, allow_missing)


def _open(path: Path) -> FileArray:
    try:
        if not stat.S_ISDIR(path.stat().st_mode):
            ordinary_file(path)
    except (FileNotFoundError, NotADirectoryError):
        opener = _OPENERS.get(path.suffix.lower())
        unknown = f"is of no known kind; {nearest(path.suffix, _OPENERS)}"
        said = unknown if opener is None and path.suffix else "no such file"
        raise InputError(path, "", said) from None
    except (OSError, ValueError) as error:
        raise InputError(path, "", f"cannot be read: {why(error)}") from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what lies beside the frames: a .DS_Store, say
        array: FileArray = readable(path, lambda: _opener(path)(path))
    return array


def _opener(path: Path) -> Callable[[Path], FileArray]:
    if path.is_dir():
        return open_folder
    if path.name in MARKS or path.parent.suffix.lower() == ".zarr":
        raise InputError(path, "", f"is a part of a Zarr store; allowed: its folder, {path.parent}")
    suffix, kind = path.suffix.lower(), kind_of(path)
    opener = _OPENERS.get(suffix)
    if kind == "nothing" and (opener is not None or kind):
        raise InputError(path, "", "is empty: it holds no bytes")
    if path.name == "NDTiff.index":
        return lambda index: open_ndtiff(index.parent)
    if opener is None and kind == "TIFF":
        opener = open_tiff  # slide scanners and others have names of their own for it
    if opener is None:
        if path.name.lower().endswith(".ome.xml"):
            return open_companion
        what = f", {kind}" if kind else ""
        raise InputError(path, "", f"is of no known kind{what}; {nearest(suffix, _OPENERS)}")
    if suffix in _BEGIN and kind and kind != _BEGIN[suffix]:
        raise InputError(path, "", f"is no {_BEGIN[suffix]} file: by its first bytes it is {kind}")
    if opener is open_tiff and ndtiff_folder(path) is not None:
        return lambda one: open_ndtiff(one.parent)
    return opener
