"""NDTiff, which Micro-Manager writes: frames in TIFF files, found by ``NDTiff.index`` beside them.

The index says of each frame its place on named axes (position, time, channel, z, ...) and where its
pixels lie. What it does not name was never written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hil.errors import InputError
from hil.frames.absent import Absent
from hil.frames.arrays import FileArray, Index
from hil.frames.tiff_log import complaints, unheard
from hil.frames.tiff_records import names_of_summary, of_micromanager

INDEX = "NDTiff.index"
_LETTERS = {"position": "P", "time": "T", "z": "Z", "channel": "C"}
_OTHERS = "AGHKLMNOUVW"  # for axes of other names, which no other kind of file uses
_TYPES = {0: "u1", 1: "<u2", 3: "<u2", 4: "<u2", 5: "<u2", 6: "<u2"}  # 2 is colour


class _Place(NamedTuple):
    file: str
    offset: int
    size: tuple[int, int]
    pixel_type: int


def ndtiff_folder(path: Path) -> Path | None:
    """Find the folder of the index that ``path`` belongs to: itself, or the one it lies in."""
    folder = path if path.is_dir() else path.parent
    if (folder / INDEX).is_file():
        return folder
    within = folder / "Full resolution" / INDEX  # beside levels of lower resolution
    return within.parent if path.is_dir() and within.is_file() else None


def open_ndtiff(folder: Path) -> FileArray:
    """Open the frames of a folder.

    Raises
    ------
    InputError
        Where they are of several sizes or types, or in colour, or files are not there.
    """
    places = dict(_index(folder))
    if not places:
        raise InputError(folder, "", f"holds no frames: {INDEX} names none")
    kinds = {(place.size, place.pixel_type) for place in places.values()}
    if len(kinds) > 1:
        shapes = ", ".join(sorted({f"{h} x {w}" for (h, w), _ in kinds}))
        raise InputError(folder, "", f"holds images of {shapes}; allowed: all of one size and type")
    ((size, kind),) = kinds
    if kind == 2:
        raise InputError(folder, "", "holds colour images; allowed: grey ones")
    if kind not in _TYPES:
        raise InputError(folder, "", f"holds pixels of type {kind}; allowed: NDTiff's, 8 to 16 bit")
    names = list(dict.fromkeys(name for axes in places for name, _ in axes))
    values = [axis_values(places, name) for name in names]
    axes = axis_letters(names) + "YX"
    array = _Frames(folder, names, values, places, size, np.dtype(_TYPES[kind]))
    summary, frame = _metadata(folder, next(iter(places.values())).file)
    channels = tuple(map(str, values[names.index("channel")])) if "channel" in names else ()
    if all(name.isdecimal() for name in channels):
        named = names_of_summary(summary)
        channels = named if len(named) == len(channels) else channels
    said = {f"{name}s": str(len(value)) for name, value in zip(names, values, strict=True)}
    said.pop("channels", None)
    said = of_micromanager(summary, frame) | said
    return FileArray(
        array.shape, array.dtype.newbyteorder("="), array.read, axes, array.absent(), channels, said
    )


class _Frames:
    """Frames by their numbers on each axis."""

    def __init__(
        self,
        folder: Path,
        names: Sequence[str],
        values: Sequence[list[Any]],
        places: dict[tuple[tuple[str, Any], ...], _Place],
        size: tuple[int, int],
        dtype: np.dtype[Any],
    ) -> None:
        self._folder, self.dtype, self._size = folder, dtype, size
        self.shape = (*map(len, values), *size)
        numbers = [{value: k for k, value in enumerate(known)} for known in values]
        self._places: dict[tuple[int, ...], _Place] = {}
        for axes, place in places.items():
            of = dict(axes)
            key = tuple(
                known[of.get(name, next(iter(known)))]
                for name, known in zip(names, numbers, strict=True)
            )
            self._places[key] = place

    def absent(self) -> Absent | None:
        n = len(self.shape) - 2
        lacking = [key for key in np.ndindex(self.shape[:n]) if key not in self._places]
        for key, place in self._places.items():
            file = self._folder / place.file
            end = place.offset + self._bytes
            if not file.is_file() or file.stat().st_size < end:
                lacking.append(key)
        if not lacking:
            return None
        places = np.array([(*key, 0, 0) for key in lacking], np.int64)
        return Absent(
            (1,) * n + self._size, places, "the file is damaged, images are lacking or cut off"
        )

    def read(self, index: Index) -> NDArray[Any]:
        n = len(self.shape) - 2
        chosen = [
            [one] if isinstance(one, int) else list(range(*one.indices(size)))
            for one, size in zip(index[:n], self.shape, strict=False)
        ]
        frames = [self._one(key) for key in product(*chosen)]
        whole = np.stack(frames).reshape(*map(len, chosen), *self._size)
        kept = tuple(0 if isinstance(one, int) else slice(None) for one in index[:n])
        return np.asarray(whole[(*kept, *index[n:])])

    @property
    def _bytes(self) -> int:
        return self._size[0] * self._size[1] * self.dtype.itemsize

    def _one(self, key: tuple[int, ...]) -> NDArray[Any]:
        place = self._places.get(key)
        if place is None or not (self._folder / place.file).is_file():
            return np.zeros(self._size, self.dtype.newbyteorder("="))  # left out afterwards
        with (self._folder / place.file).open("rb") as file:
            file.seek(place.offset)
            content = file.read(self._bytes).ljust(self._bytes, b"\0")
        return (
            np.frombuffer(content, self.dtype)
            .reshape(self._size)
            .astype(self.dtype.newbyteorder("="))
        )


def _index(folder: Path) -> Iterator[tuple[tuple[tuple[str, Any], ...], _Place]]:
    import tifffile

    with complaints(folder / INDEX):
        entries = list(tifffile.tifffile.read_ndtiff_index(folder / INDEX))
    for axes, file, offset, width, height, kind, packed, *_ in entries:
        if packed:
            raise InputError(folder, "", "is compressed; allowed: NDTiff without compression")
        if min(width, height) < 1:
            raise InputError(folder, "", f"is damaged: a frame of {height} x {width} in {INDEX}")
        name = Path(file).name
        yield tuple(axes.items()), _Place(name, offset, (height, width), kind)


def axis_values(places: Any, name: str) -> list[Any]:
    """Values on an axis: numbers in their order, names as they came."""
    found = list(dict.fromkeys(dict(axes)[name] for axes in places if name in dict(axes)))
    return sorted(found) if all(isinstance(one, int) for one in found) else found


def axis_letters(names: Sequence[str]) -> str:
    """Give the letters of named axes."""
    others = iter(_OTHERS)
    return "".join(_LETTERS.get(name) or next(others, "Q") for name in names)


def _metadata(folder: Path, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read summary and one frame's metadata, as far as they can be read."""
    import tifffile

    try:
        with unheard(), tifffile.TiffFile(folder / name) as file:
            summary = (file.micromanager_metadata or {}).get("Summary")
            frame = file.pages.first.tags.valueof(51123)
    except Exception:  # for people only
        return {}, {}
    return (
        summary if isinstance(summary, dict) else {},
        frame if isinstance(frame, dict) else {},
    )
