"""Arrays in files, of which only what is asked for is read.

Uncompressed files are mapped into memory for as long as one slice is copied, so that what has been
read does not stay there; compressed ones are read page by page, chunk by chunk.
"""

from __future__ import annotations

import math
import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hil.errors import InputError
from hil.frames.absent import Absent, stack_absent

Index: TypeAlias = tuple[int | slice, ...]

_KEY = "frames"
_MOST_COMPRESSED_BYTES = 2**30  # of a member of an .npz, which can only be read from its beginning


@dataclass(frozen=True, slots=True)
class FileArray:
    """An array in a file.

    Parameters
    ----------
    shape, dtype
        Of the whole.
    read
        Reads what an index with one entry an axis selects.
    axes
        Letters that the file itself gives its axes, empty where it gives none: X, Y, C (channel), S
        (colour), P (position), T, Z, ..., Q (unknown); f and r where it says field and repeat.
    absent
        What was never written; None for nothing.
    channels
        Names of the channels, empty where the file has none.
    recorded
        What else the file says of how it was taken: camera, exposure, ...; for people.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    read: Callable[[Index], NDArray[Any]]
    axes: str = ""
    absent: Absent | None = None
    channels: tuple[str, ...] = ()
    recorded: Mapping[str, str] = field(default_factory=dict)


def open_npy(path: Path) -> FileArray:
    """Open an .npy file.

    Raises
    ------
    InputError
        Where it holds Python objects: nothing is unpickled.
    """
    with path.open("rb") as stream:
        shape, _, dtype = _npy_header(stream)
    _check_numbers(path, shape, dtype)

    def mapped() -> NDArray[Any]:
        array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
        return array

    return of_maps(mapped)


def open_npz(path: Path) -> FileArray:
    """Open the only member of an .npz file, or the one that is called ``frames``.

    Raises
    ------
    InputError
        Where it is not clear which, and where it is compressed and larger than a GiB.
    """
    with zipfile.ZipFile(path) as archive:
        names = [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
        member = archive.getinfo(choose_array(path, names) + ".npy")
        with archive.open(member) as stream:
            shape, fortran, dtype = _npy_header(stream)
            header_bytes = stream.tell()
    _check_numbers(path, shape, dtype)
    if member.compress_type == zipfile.ZIP_STORED:
        offset = _data_offset(path, member) + header_bytes
        order: Literal["F", "C"] = "F" if fortran else "C"
        return of_maps(lambda: np.memmap(path, dtype, "r", offset, shape, order))
    size = math.prod(shape) * dtype.itemsize
    if size > _MOST_COMPRESSED_BYTES:
        raise InputError(
            path,
            "",
            f"holds {size / 2**30:.1f} GiB compressed, which cannot be read in parts; allowed: "
            f"{_MOST_COMPRESSED_BYTES // 2**30} GiB, or the same as .npy or .zarr",
        )
    with np.load(path, allow_pickle=False) as loaded:
        return _of_memory(loaded[member.filename.removesuffix(".npy")])


def choose_array(path: Path, names: Sequence[str]) -> str:
    """Choose the only name, or ``frames``.

    Raises
    ------
    InputError
    """
    if len(names) == 1:
        return names[0]
    if _KEY in names:
        return _KEY
    held = f"arrays {', '.join(sorted(names))}" if names else "no array"
    raise InputError(path, "", f"holds {held}; allowed: one array, or one called {_KEY!r}")


def stacked(path: Path, parts: Sequence[FileArray]) -> FileArray:
    """Put arrays one after the other along a first axis, P.

    Raises
    ------
    InputError
        Where they differ.
    """
    first = parts[0]
    kinds = {(part.shape, str(part.dtype), part.axes) for part in parts}
    if len(kinds) > 1:
        sizes = {shape for shape, _, _ in kinds}
        shapes = sorted(
            " x ".join(map(str, shape)) + (f" {dtype}" if len(sizes) == 1 else "")
            for shape, dtype, _ in kinds
        )
        said = ", ".join(shapes[:4]) + (", ..." if len(shapes) > 4 else "")
        raise InputError(path, "", f"holds images of {said}; allowed: all of one size and type")

    def read(index: Index) -> NDArray[Any]:
        one, rest = index[0], index[1:]
        if isinstance(one, int):
            return parts[one].read(rest)
        return np.stack([part.read(rest) for part in parts[one]])

    absent = stack_absent([part.absent for part in parts], first.shape)
    axes = "P" + (first.axes or "Q" * (len(first.shape) - 2) + "YX")
    shape = (len(parts), *first.shape)
    return FileArray(shape, first.dtype, read, axes, absent, first.channels, first.recorded)


def of_maps(mapped: Callable[[], NDArray[Any]], axes: str = "") -> FileArray:
    """Read slices of what ``mapped`` maps into memory anew for each; byte order becomes native."""
    whole = mapped()
    native = whole.dtype.newbyteorder("=")
    return FileArray(whole.shape, native, lambda index: np.array(mapped()[index], native), axes)


def _of_memory(array: NDArray[Any]) -> FileArray:
    return FileArray(array.shape, array.dtype, lambda index: np.array(array[index]))


def of_zarr(array: Any, axes: str = "", absent: Absent | None = None) -> FileArray:
    """Read slices of a Zarr array."""
    shape, dtype = tuple(array.shape), np.dtype(array.dtype)
    return FileArray(shape, dtype, lambda index: np.asarray(array[index]), axes, absent)


def _check_numbers(path: Path, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    if dtype.hasobject:
        raise InputError(
            path,
            "",
            "cannot be read: holds Python objects, which are never unpickled; allowed: numbers",
        )
    if 0 in shape:
        raise InputError(path, "", f"holds no frames: its shape is {shape}")


def _npy_header(stream: Any) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(stream)
    return np.lib.format.read_array_header_2_0(stream)


def _data_offset(path: Path, member: zipfile.ZipInfo) -> int:
    """Where a member's bytes begin: after its local header, which ends in two lengths."""
    with path.open("rb") as file:
        file.seek(member.header_offset)
        header = file.read(30)
    name_bytes, extra_bytes = struct.unpack("<HH", header[26:30])
    return member.header_offset + len(header) + int(name_bytes) + int(extra_bytes)
