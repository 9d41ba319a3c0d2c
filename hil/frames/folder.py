"""Folders of TIFF files: NDTiff, Micro-Manager's stacks and single images, and plain ones.

Plain single images are fields of view in the order of the numbers in their names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.given import MOST_NUMBERS_BYTES, given_bytes
from hil.errors import InputError
from hil.frames.absent import Absent
from hil.frames.arrays import FileArray, Index, stacked
from hil.frames.micromanager import ndtiff_folder, open_ndtiff
from hil.frames.tiff import open_companion, open_tiff
from hil.frames.tiff_chain import check_chain
from hil.frames.tiff_log import unheard
from hil.frames.tiff_records import names_of_summary, of_micromanager
from hil.frames.zarr_files import is_zarr_folder, natural_order, open_zarr

_SUFFIXES = {".tif", ".tiff"}
_SINGLE = (  # Micro-Manager's names for single images, version 2 and 1.4
    re.compile(
        r"img_channel(?P<C>\d+)_position(?P<P>\d+)_time(?P<T>\d+)_z(?P<Z>\d+)\.tif", re.IGNORECASE
    ),
    re.compile(r"img_(?P<T>\d+)_(?P<C>.+)_(?P<Z>\d+)\.tif", re.IGNORECASE),
)


def open_folder(path: Path) -> FileArray:
    """Open what a folder holds.

    Raises
    ------
    InputError
        Where it holds no frames, or frames that do not go together.
    """
    if is_zarr_folder(path) or path.suffix.lower() == ".zarr":
        return open_zarr(path)
    ndtiff = ndtiff_folder(path)
    if ndtiff is not None:
        return open_ndtiff(ndtiff)
    files = _tiffs(path)
    stacks = [file for file in files if "_MMStack" in file.name]
    if stacks:
        return _of_stacks(path, stacks)
    companions = sorted(path.glob("*.companion.ome"))
    if len(companions) == 1:
        return open_companion(companions[0])
    if files:
        return open_tiff(files[0]) if _leads_on(files) else _of_single(path, files)
    folders = sorted((one for one in path.iterdir() if one.is_dir()), key=_by_number)
    holding = [one for one in folders if _tiffs(one)]
    if not holding:
        raise InputError(
            path, "", "is a folder without frames; allowed: TIFF files, NDTiff or Zarr in it"
        )
    return stacked(path, [open_folder(one) for one in holding])


def leading_file(folder: Path) -> Path | None:
    """Find the file that leads to all others of a folder, where its TIFF files are one dataset."""
    files = _tiffs(folder)
    stacks = [file for file in files if "_MMStack" in file.name]
    if stacks:
        return stacks[0]
    companions = sorted(folder.glob("*.companion.ome"))
    if len(companions) == 1:
        return companions[0]
    return files[0] if files and _leads_on(files) else None


def _tiffs(folder: Path) -> list[Path]:
    found = [
        file
        for file in folder.iterdir()
        if file.suffix.lower() in _SUFFIXES and file.is_file() and not file.name.startswith(".")
    ]
    return sorted(found, key=_by_number)


def _by_number(path: Path) -> list[tuple[int, str]]:
    return natural_order(path.name)


def _of_stacks(path: Path, stacks: Sequence[Path]) -> FileArray:
    """Open Micro-Manager's stacks; the first one leads to the others where they are one dataset."""
    first = open_tiff(stacks[0])
    if len(stacks) == 1 or _n_images(first) > _pages(stacks[0]):
        return first
    return stacked(path, [first, *map(open_tiff, stacks[1:])])


def _leads_on(files: Sequence[Path]) -> bool:
    """Whether the first file is one of several that its OME-XML makes one dataset of."""
    import tifffile

    if len(files) == 1:
        return True
    with unheard(), tifffile.TiffFile(files[0]) as file:
        if not file.is_ome:
            return False
        check_chain(files[0], file)
        pages = [page for series in file.series for page in series.pages]
        # an image that is not there is in another file, too
        return any(page is None or page.parent is not file for page in pages)


def _n_images(array: FileArray) -> int:
    return int(np.prod(array.shape[:-2], dtype=np.int64))


def _pages(path: Path) -> int:
    import tifffile

    with tifffile.TiffFile(path) as file:
        check_chain(path, file)
        return len(file.pages)


def _of_single(path: Path, files: Sequence[Path]) -> FileArray:
    for pattern in _SINGLE:
        found = [pattern.fullmatch(file.name) for file in files]
        if all(found):
            return _of_named(path, files, [one.groupdict() for one in found if one is not None])
    return stacked(path, [_single(file) for file in files])


def _single(file: Path) -> FileArray:
    """Open one file when it is read: thousands are not open at once."""
    now = open_tiff(file)
    return replace(now, read=lambda index: open_tiff(file).read(index))


def _of_named(path: Path, files: Sequence[Path], names: Sequence[dict[str, str]]) -> FileArray:
    """Put images by the numbers in their names; those that are not there are absent."""
    letters = [one for one in "PTZC" if one in names[0]]
    values = {one: sorted({name[one] for name in names}, key=natural_order) for one in letters}
    shape = tuple(len(values[one]) for one in letters)
    plain = stacked(path, [_single(file) for file in files])
    numbers = {
        tuple(values[one].index(name[one]) for one in letters): number
        for number, name in enumerate(names)
    }
    if len(plain.shape) != 3:
        raise InputError(path, "", "holds stacks under the names of single images; allowed: images")
    size = plain.shape[1:]
    lacking = [key for key in np.ndindex(shape) if key not in numbers]
    n = len(shape)
    absent = None
    if lacking:
        places = np.array([(*key, 0, 0) for key in lacking], np.int64)
        absent = Absent(
            (1,) * n + size, places, "the file is damaged, images are lacking or cut off"
        )

    def read(index: Index) -> NDArray[Any]:
        grid = np.full(shape, -1)
        for key, number in numbers.items():
            grid[key] = number
        chosen = np.asarray(grid[index[:n]])
        frames = [
            plain.read((int(number), *index[n:]))
            if number >= 0
            else np.zeros(size, plain.dtype)[index[n:]]
            for number in chosen.ravel()
        ]
        return np.stack(frames).reshape(*chosen.shape, *frames[0].shape)

    summary, frame = _metadata(path)
    channels = names_of_summary(summary)
    if len(channels) != len(values["C"]):
        channels = tuple(values["C"]) if not values["C"][0].isdecimal() else ()
    said = of_micromanager(summary, frame)
    axes = "".join(letters) + "YX"
    return FileArray(shape + size, plain.dtype, read, axes, absent, channels, said)


def _metadata(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read Micro-Manager's ``metadata.txt``: its summary, and one frame's own."""
    try:
        found = json.loads(
            given_bytes(folder / "metadata.txt", MOST_NUMBERS_BYTES).decode("utf-8", "replace")
        )
        summary = found.get("Summary", {})
        frames = (one for key, one in found.items() if key.startswith(("Metadata", "Frame")))
        frame = next(frames, None)
    except (OSError, ValueError, RecursionError, AttributeError):  # it is for people only
        return {}, {}
    return (
        summary if isinstance(summary, dict) else {},
        frame if isinstance(frame, dict) else {},
    )
