"""TIFF files as arrays, of which only what is asked for is read, and nothing that is missing.

tifffile reads what is left of a damaged file, says so in its log, and puts zeros for the rest:
here that is an error, or frames that are known to be incomplete.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from drivers.given import MOST_NUMBERS_BYTES, given_text
from hil.errors import InputError
from hil.frames.absent import Absent
from hil.frames.arrays import FileArray, of_maps, of_zarr, stacked
from hil.frames.tiff_chain import check_chain
from hil.frames.tiff_log import complaints
from hil.frames.tiff_records import channel_names, companion, recorded
from hil.frames.tiff_values import check_values

_LACKING = "the file is damaged, images are lacking or cut off"


def open_tiff(path: Path) -> FileArray:
    """Open a TIFF file. Series of the same size, the positions of a stage say, are stacked.

    Raises
    ------
    InputError
        Where it is damaged, or holds nothing, or images that do not go together, or no counts.
    """
    import tifffile

    with complaints(path):
        with tifffile.TiffFile(path) as file:
            elsewhere = companion(path, file)
        if elsewhere is not None:
            return open_companion(elsewhere)
        with tifffile.TiffFile(path) as file:
            return _open_series(path, path, file, None)


def open_companion(path: Path) -> FileArray:
    """Open the TIFF files that an OME-XML file beside them describes.

    Raises
    ------
    InputError
        As `open_tiff`.
    """
    import tifffile

    words = given_text(path, MOST_NUMBERS_BYTES)
    names = companion_files(path, words)
    first = path.parent / names[0]
    with complaints(path), tifffile.TiffFile(first, omexml=words) as file:
        return _open_series(path, first, file, words)


def companion_files(path: Path, words: str) -> list[str]:
    """Name the TIFF files of OME-XML; all of them must be there.

    Raises
    ------
    InputError
    """
    from xml.etree import ElementTree

    try:
        root = ElementTree.fromstring(words.strip())
    except ElementTree.ParseError as error:
        raise InputError(path, "", f"is no OME-XML: {error}") from None
    found = [str(node.get("FileName")) for node in root.iter() if node.get("FileName")]
    if not found:
        raise InputError(path, "", "is OME-XML that names no TIFF file; allowed: the TIFF itself")
    lacking = sorted({name for name in found if not (path.parent / name).is_file()})
    if lacking:
        raise InputError(
            path,
            "",
            f"is not whole: {lacking[0]} and others are not beside it"
            if len(lacking) > 1
            else f"is not whole: {lacking[0]} is not beside it",
        )
    return found


def _open_series(path: Path, opened: Path, file: Any, omexml: str | None) -> FileArray:
    check_chain(path, file)
    if not file.series:
        raise InputError(path, "", "holds no images")
    if 0 in file.series[0].shape:
        raise InputError(path, "", f"holds no frames: its shape is {tuple(file.series[0].shape)}")
    for series in file.series:
        check_values(path, series.keyframe)
    parts = [_open_one(opened, series, number, omexml) for number, series in enumerate(file.series)]
    if len(parts) == 1:
        whole = parts[0]
    else:
        whole = stacked(path, parts)
    return replace(whole, channels=channel_names(file), recorded=recorded(file))


def _open_one(path: Path, series: Any, number: int, omexml: str | None) -> FileArray:
    import tifffile
    import zarr

    shape, axes = tuple(series.shape), _axes(series)
    if series.dataoffset is not None:
        dtype = np.dtype(series.dtype).newbyteorder(series.parent.byteorder)
        offset = int(series.dataoffset)
        return of_maps(lambda: np.memmap(path, dtype, "r", offset, shape), axes)
    told: dict[str, Any] = {} if omexml is None else {"omexml": omexml}
    store = tifffile.imread(path, aszarr=True, series=number, level=0, **told)
    array = zarr.open(store, mode="r")
    weakref.finalize(array, store.close)  # the file is open as long as anybody reads from it
    return of_zarr(array, axes, _absent_pages(series))


def _axes(series: Any) -> str:
    """Letters of the axes; several grey samples of a pixel are channels, one of them no opacity."""
    axes, page = str(series.axes), series.keyframe
    grey = int(page.photometric) == 1 and not {1, 2} & {int(one) for one in page.extrasamples}
    return axes.replace("S", "C") if grey and "C" not in axes else axes


def _absent_pages(series: Any) -> Absent | None:
    """Find the images that are lacking, or end beyond the end of their file."""
    lacking = []
    pages: Sequence[Any] = series.pages
    for number, page in enumerate(pages):
        if page is None:
            lacking.append(number)
            continue
        ends = map(sum, zip(page.dataoffsets, page.databytecounts, strict=True))
        cut_off = max(ends, default=0) > page.parent.filehandle.size
        if cut_off or (any(page.keyframe.databytecounts) and not any(page.databytecounts)):
            lacking.append(number)
    if not lacking:
        return None
    shape = tuple(series.shape)
    n = len(shape) - len(series.keyframe.shape)
    while int(np.prod(shape[:n])) > len(pages):  # one page may hold a volume
        n -= 1
    places = np.zeros((len(lacking), len(shape)), np.int64)
    if n:
        places[:, :n] = np.stack(np.unravel_index(lacking, shape[:n]), axis=1)
    return Absent((1,) * n + shape[n:], places, _LACKING)
