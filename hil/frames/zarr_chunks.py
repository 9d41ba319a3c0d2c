"""Which chunks of a Zarr array were never written, by the names that its store holds.

Zarr leaves chunks out that hold nothing but the fill value, unless told otherwise: such a chunk and
one that an acquisition did not reach look the same. No frame of a camera is all fill value, so
that within the last chunk that was written, frames of nothing else count as absent too.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.errors import InputError
from hil.frames.absent import Absent

_MOST_CHUNKS = 20_000_000
_WHY = (
    "chunks of them were never written, or hold nothing but the fill value, which Zarr leaves out"
)


def absent_chunks(path: Path, array: Any) -> Absent | None:
    """List the chunks of ``array`` that its store does not hold; None where all are there.

    Parameters
    ----------
    path
        The folder, or the .zip file.
    array
        A zarr.Array in it.

    Raises
    ------
    InputError
        For more chunks than can be listed.
    """
    outer = tuple(array.shards or array.chunks)
    inner = tuple(array.chunks)
    counts = [math.ceil(n / size) for n, size in zip(array.shape, outer, strict=True)]
    if math.prod(counts) > _MOST_CHUNKS:
        raise InputError(
            path, "", f"has {math.prod(counts)} chunks; allowed: {_MOST_CHUNKS}, so larger ones"
        )
    root = array.path.strip("/")
    prefix = f"{root}/" if root else ""
    held = dict(_held(path, prefix))
    per_shard = [a // b for a, b in zip(outer, inner, strict=True)]
    places: list[NDArray[np.int64]] = []
    last: tuple[int, ...] | None = None
    for place in np.ndindex(*counts):
        key = prefix + str(array.metadata.encode_chunk_key(place))
        size = held.get(key, 0)
        last = place if size else last
        if not array.shards:
            if not size:
                places.append(np.array([place], np.int64))
            continue
        missing = np.ones(per_shard, dtype=bool)
        if size:
            missing = _absent_of_shard(path, key, per_shard, array)
        within = np.argwhere(missing) + np.array(place) * per_shard
        inside = (within * inner < np.array(array.shape)).all(axis=1)
        if inside.any():
            places.append(within[inside])
    first = np.concatenate(places) if places else np.zeros((0, array.ndim), np.int64)
    # This program writes each chunk of a trial whole, dark or not.
    by_us = {"fields", "exposure_ms", "saturation_adu"} <= set(array.attrs)
    tail = [] if last is None or by_us else _unfilled(array, last[0] * outer[0], outer[0])
    if not tail:
        return Absent(inner, first, _WHY, may_be_fill=True) if len(first) else None
    singly = np.repeat(first, inner[0], axis=0)
    singly[:, 0] = singly[:, 0] * inner[0] + np.tile(np.arange(inner[0]), len(first))
    n_chunks = [-(-n // size) for n, size in zip(array.shape, inner, strict=True)][1:]
    whole = np.array([(k, *rest) for k in tail for rest in np.ndindex(*n_chunks)], np.int64)
    every = np.concatenate([singly, whole])
    inside = every[:, 0] < array.shape[0]
    return Absent((1, *inner[1:]), every[inside], _WHY, may_be_fill=True)


def _unfilled(array: Any, start: int, n: int) -> list[int]:
    """List what holds nothing but the fill value at the end of so many along the first axis."""
    stop = min(start + n, array.shape[0])
    if array.ndim < 3 or stop - start < 2:
        return []
    fill = array.fill_value if array.fill_value is not None else 0
    found = []
    for number in range(stop - 1, start - 1, -1):
        values = np.asarray(array[number])
        if not (np.isnan(values).all() if fill != fill else (values == fill).all()):
            break
        found.append(number)
    return found


def _held(path: Path, prefix: str) -> Iterator[tuple[str, int]]:
    """Names and sizes of what lies under ``prefix``."""
    if path.is_dir():
        for file in (path / prefix).rglob("*"):
            if file.is_file():
                yield file.relative_to(path).as_posix(), file.stat().st_size
        return
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if member.filename.startswith(prefix):
                yield member.filename, member.file_size


def _absent_of_shard(path: Path, key: str, per_shard: list[int], array: Any) -> NDArray[np.bool_]:
    """Read a shard's index: offset and length of each chunk, all ones where there is none."""
    codec = next(one for one in array.metadata.codecs if hasattr(one, "index_location"))
    names = [type(one).__name__ for one in codec.index_codecs]
    tail = {"BytesCodec": 0, "Crc32cCodec": 4}
    if any(name not in tail for name in names):
        return np.zeros(per_shard, dtype=bool)  # a compressed index: nobody writes one
    size = 16 * math.prod(per_shard)
    extra = sum(tail[name] for name in names)
    read = _part(path, key)
    at_start = str(getattr(codec.index_location, "value", codec.index_location)) == "start"
    index = read(0, size) if at_start else read(-size - extra, size)
    if len(index) < size:
        raise InputError(path, "", f"is damaged: {key} ends before its index does")
    pairs = np.frombuffer(index, "<u8").reshape(*per_shard, 2)
    empty = np.uint64(2**64 - 1)
    return np.asarray((pairs[..., 0] == empty) & (pairs[..., 1] == empty))


def _part(path: Path, key: str) -> Callable[[int, int], bytes]:
    """Read some bytes of a key, from the end where the first number is negative."""

    def of_file(start: int, length: int) -> bytes:
        with (path / key).open("rb") as file:
            end = file.seek(0, 2)
            file.seek(max(0, start if start >= 0 else end + start))
            return file.read(length)

    def of_zip(start: int, length: int) -> bytes:
        with zipfile.ZipFile(path) as archive:
            whole = archive.read(key)
        begin = start if start >= 0 else max(0, len(whole) + start)
        return whole[begin : begin + length]

    return of_file if path.is_dir() else of_zip
