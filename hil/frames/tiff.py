"""TIFF files as arrays, of which only what is asked for is read, and nothing that is missing.

tifffile reads what is left of a damaged file, says so in its log, and puts zeros for the rest:
here that is an error.
"""

from __future__ import annotations

import logging
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.errors import InputError
from hil.frames.arrays import FileArray, Index, of_maps, of_zarr


def open_tiff(path: Path) -> FileArray:
    """Open a TIFF file. Series of the same size, the positions of a stage say, are stacked.

    Raises
    ------
    InputError
        Where it is damaged, or holds nothing, or images that do not go together.
    """
    import tifffile

    with _complaints(path), tifffile.TiffFile(path) as file:
        if not file.series:
            raise InputError(path, "", "holds no images")
        kinds = {(series.shape, series.dtype, series.axes) for series in file.series}
        if len(kinds) > 1:
            shapes = sorted(" x ".join(map(str, shape)) for shape, _, _ in kinds)
            raise InputError(
                path, "", f"holds images of {', '.join(shapes)}; allowed: all of one size and type"
            )
        for series in file.series:
            _check_whole(path, series)
        parts = [_open_series(path, series, number) for number, series in enumerate(file.series)]
    return parts[0] if len(parts) == 1 else _stacked(parts)


def _open_series(path: Path, series: Any, number: int) -> FileArray:
    import tifffile
    import zarr

    shape, axes = tuple(series.shape), str(series.axes)
    if series.dataoffset is not None:
        dtype = np.dtype(series.dtype).newbyteorder(series.parent.byteorder)
        offset = int(series.dataoffset)
        return of_maps(lambda: np.memmap(path, dtype, "r", offset, shape), axes)
    store = tifffile.imread(path, aszarr=True, series=number, level=0)
    array = zarr.open(store, mode="r")
    weakref.finalize(array, store.close)  # the file is open as long as anybody reads from it
    return of_zarr(array, axes)


def _stacked(parts: Sequence[FileArray]) -> FileArray:
    """Series after series along a first axis, P."""

    def read(index: Index) -> NDArray[Any]:
        first, rest = index[0], index[1:]
        if isinstance(first, int):
            return parts[first].read(rest)
        return np.stack([part.read(rest) for part in parts[first]])

    one = parts[0]
    return FileArray((len(parts), *one.shape), one.dtype, read, "P" + one.axes)


def _check_whole(path: Path, series: Any) -> None:
    """Refuse files that end before their images do."""
    if series.dataoffset is not None:  # contiguous, and maps cannot go beyond the end
        return
    lacking = 0
    for page in series.pages:
        if page is None:
            lacking += 1
            continue
        ends = map(sum, zip(page.dataoffsets, page.databytecounts, strict=True))
        lacking += max(ends, default=0) > page.parent.filehandle.size
    if lacking:
        raise InputError(
            path, "", f"is damaged: {lacking} of {len(series.pages)} images are lacking or cut off"
        )


class _Heard(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.words: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.words.append(record.getMessage())


@contextmanager
def _complaints(path: Path) -> Iterator[None]:
    """Raise where tifffile complains in its log."""
    log, heard = logging.getLogger("tifffile"), _Heard()
    propagate, log.propagate = log.propagate, False
    log.addHandler(heard)
    try:
        yield
    finally:
        log.removeHandler(heard)
        log.propagate = propagate
    if heard.words:
        raise InputError(path, "", f"is damaged, or not quite TIFF: {heard.words[0]}")
