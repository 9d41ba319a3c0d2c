"""Frames from files: .npy, .npz, .tif, .zarr."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.errors import InputError, nearest
from hil.information.stored import StoredFrames

_KEY = "frames"


def read_frames(path: str | Path) -> NDArray[Any]:
    """Read frames; their shape is checked where they are used.

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
    readers: dict[str, Callable[[Path], NDArray[Any]]] = {
        ".npy": _read_npy,
        ".npz": _read_npz,
        ".tif": _read_tiff,
        ".tiff": _read_tiff,
        ".zarr": _read_zarr,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InputError(path, "", f"is of no known kind; {nearest(path.suffix, readers)}")
    if not path.exists():
        raise InputError(path, "", "no such file")
    try:
        return reader(path)
    except InputError:
        raise
    except Exception as error:  # each library has its own tree of errors
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(path, "", f"cannot be read: {reason}") from error


def open_frames(path: str | Path) -> StoredFrames:
    """Open frames without loading them: ``.npy`` and ``.zarr``; other kinds are read.

    Raises
    ------
    InputError
        Naming the file.
    """
    path = Path(path)
    kind = path.suffix.lower()
    if kind not in (".npy", ".zarr") or not path.exists():
        return read_frames(path)
    try:
        stored: StoredFrames
        if kind == ".npy":
            stored = np.load(path, mmap_mode="r", allow_pickle=False)
        else:
            stored = _open_zarr(path)
    except InputError:
        raise
    except Exception as error:  # each library has its own tree of errors
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(path, "", f"cannot be read: {reason}") from error
    return stored


def _read_npy(path: Path) -> NDArray[Any]:
    array: NDArray[Any] = np.load(path, allow_pickle=False)
    return array


def _read_npz(path: Path) -> NDArray[Any]:
    with np.load(path, allow_pickle=False) as archive:
        array: NDArray[Any] = archive[_choose(path, list(archive.files))]
    return array


def _read_tiff(path: Path) -> NDArray[Any]:
    import tifffile

    with tifffile.TiffFile(path) as file:
        if not file.series:
            raise InputError(path, "", "holds no images")
        series = file.series[0]
        if "S" in series.axes:
            raise InputError(path, "", "holds colour images; allowed: grey ones")
        return np.asarray(series.asarray())


def _read_zarr(path: Path) -> NDArray[Any]:
    return np.asarray(_open_zarr(path)[...])


def _open_zarr(path: Path) -> Any:
    import zarr

    node: Any = zarr.open(str(path), mode="r")
    if isinstance(node, zarr.Group):
        node = node[_choose(path, [name for name, _ in node.arrays()])]
    return node


def _choose(path: Path, names: list[str]) -> str:
    if len(names) == 1:
        return names[0]
    if _KEY in names:
        return _KEY
    held = f"arrays {', '.join(sorted(names))}" if names else "no array"
    raise InputError(path, "", f"holds {held}; allowed: one array, or one called {_KEY!r}")
