"""One trial's frames as an OME-NGFF image on disk: a Zarr v3 group with one array.

Layout: ``FRAMES/SESSION_ID/`` is a Zarr group; each trial in it is a group ``000012`` with NGFF's
metadata, and in it the array ``0``, (n_repeats, [n_channels,] n_fields, height, width), the order
that NGFF asks for, one chunk a field of view, in files ``c.0.[0.]FIELD.0.0``. Trials of before that
are arrays ``000012`` themselves, (n_fields, n_repeats, [n_channels,] height, width), in files
``c.FIELD.0.[0.]0.0``; a chunk's bytes are the same. Both are read.

zarr itself needs 3 ms to create a small array and 2 to 5 ms to write each chunk (measured, zarr
3.1), mostly in its event loop. So zarr makes the metadata of the first array of a shape, which is
kept as a template, and the chunks are written here as its codecs define them: little-endian bytes
through Blosc (LZ4, bit-shuffled: 1.2 GB/s, half the size; Zstandard saves 3 % more for twice the
time). Arrays that are laid out so are read without zarr, too (`own_reading`); whatever else is
there, and what is damaged, zarr reads or refuses.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import threading
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from hil.errors import StoreError
from hil.locks.descriptors import opener
from hil.store.frames.own_reading import read_own

# zarr, numcodecs and numpy take 0.4 s to load, and most questions are not about frames.
if TYPE_CHECKING:
    import numpy as np
    from numcodecs import Blosc
    from numpy.typing import NDArray

    StoredPixels: TypeAlias = NDArray[np.uint8] | NDArray[np.uint16]
DIMENSIONS = {4: ("repeat", "field", "y", "x"), 5: ("repeat", "channel", "field", "y", "x")}
ARRAY = "0"
"""Name of the array in a trial's group."""
DTYPES = ("uint8", "uint16")


def load_libraries() -> None:
    """Load what writing needs, while no driver is at work.

    One that makes warnings errors meanwhile would leave it half loaded.
    """
    import zarr
    import zarr.codecs  # noqa: F401


def array_name(number: int) -> str:
    """Name of a trial's array within its session's group; sorts as the trials do."""
    return f"{number:06d}"


def checksum(pixels: StoredPixels) -> str:
    """SHA-256 of pixels in C order, little-endian."""
    return hashlib.sha256(_little(pixels).data).hexdigest()


def make_group(folder: Path, attributes: Mapping[str, Any]) -> None:
    """Make a session's group, durably. One that exists is left as it is."""
    if (folder / "zarr.json").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    group = {"zarr_format": 3, "node_type": "group", "attributes": dict(attributes)}
    _replace(folder / "zarr.json", json.dumps(group, indent=2).encode())
    sync_file(folder / "zarr.json")
    sync_folder(folder)
    sync_folder(folder.parent)


def make_image(folder: Path, attributes: Mapping[str, Any]) -> None:
    """Make a trial's group: its frames can be read from now on.

    Not synced: what it says of the frames, other programs need and this one does not, and a sync
    costs as much as a field of view.
    """
    (folder / ARRAY).mkdir(parents=True, exist_ok=True)
    group = {"zarr_format": 3, "node_type": "group", "attributes": dict(attributes)}
    _replace(folder / "zarr.json", json.dumps(group, indent=2).encode())


def write_chunk(folder: Path, field: int, pixels: StoredPixels) -> None:
    """Write one field of view, (n_repeats, [channels,] height, width), and sync it."""
    encoded = _codec(pixels.dtype.itemsize).encode(_little(pixels))
    path = folder / ARRAY / _chunk_name(field, pixels.ndim + 1)
    with open(path, "wb", opener=opener) as file:
        file.write(encoded)
        file.flush()
        os.fsync(file.fileno())
    if path.stat().st_size != len(encoded):  # a library has closed what is not its own
        raise OSError(errno.EBADF, f"{path}: not all of it arrived")


def file_names(fields: Iterable[int], n_axes: int) -> frozenset[str]:
    """Give the names of the files of an array with so many axes, of which these fields are."""
    return frozenset(["zarr.json", *(_chunk_name(field, n_axes) for field in fields)])


def names_there(folder: Path) -> frozenset[str]:
    """List the files of a trial's array as `file_names` does.

    Raises
    ------
    OSError
        They cannot be listed.
    """
    try:
        return frozenset(os.listdir(folder / ARRAY))
    except (FileNotFoundError, NotADirectoryError):
        # of an earlier version: the field comes first
        return frozenset(_as_now(name) for name in os.listdir(folder))


def _chunk_name(field: int, n_axes: int) -> str:
    return f"c{'.0' * (n_axes - 3)}.{field}.0.0"


def _as_now(name: str) -> str:
    mark, *key = name.split(".")
    if mark != "c" or len(key) < 4 or not key[0].isdecimal():
        return name
    return _chunk_name(int(key[0]), len(key))


def write_metadata(
    folder: Path, n_fields: int, pixels: StoredPixels, attributes: Mapping[str, Any]
) -> None:
    """Write, or write anew, the array's ``zarr.json``; not yet synced.

    Parameters
    ----------
    n_fields
        Length of the axis of fields: one more than the largest field written.
    pixels
        Any one field; tells the other axes and the dtype.
    """
    metadata = json.loads(_template(pixels.shape, pixels.dtype.name))
    metadata["shape"][-3] = n_fields
    metadata["attributes"] = dict(attributes)
    _replace(folder / ARRAY / "zarr.json", json.dumps(metadata, indent=2).encode())


def sync_new_image(folder: Path) -> None:
    """Bring the names of a trial's folders to the disk, once they are made: they stay."""
    sync_folder(folder)
    sync_folder(folder.parent)


def sync_array(folder: Path) -> None:
    """Bring a trial's metadata and the names of its fields' files to the disk."""
    sync_file(folder / ARRAY / "zarr.json")
    sync_folder(folder / ARRAY)


def read_fields(folder: Path, fields: list[int]) -> StoredPixels:
    """Read some fields of view, (len(fields), n_repeats, [channels,] height, width).

    Raises
    ------
    StoreError
        The files are gone or cannot be decoded.
    """
    inner = folder / ARRAY
    if (own := read_own(inner, fields, DIMENSIONS)) is not None:
        return own
    import numpy as np
    import zarr

    try:
        array: Any = zarr.open_array(inner if inner.is_dir() else folder, mode="r")
        place = array.metadata.dimension_names.index("field")
        chosen = (*[slice(None)] * place, np.asarray(fields, np.intp))
        pixels: StoredPixels = np.moveaxis(np.asarray(array.oindex[chosen]), place, 0)
    except Exception as error:  # codecs raise whatever they like on damaged bytes
        raise StoreError(f"{folder}: the frames cannot be read: {_brief(error)}") from error
    return pixels


def sync_file(path: Path) -> None:
    """Bring a file's bytes to the disk."""
    # Windows syncs only what is open for writing.
    with open(path, "rb+", opener=opener) as file:
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Bring a folder's entries to the disk, where the system has a way to; Windows has none."""
    if os.name == "nt":
        return
    handle = opener(os.fspath(path), os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _replace(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old or the new one, never a part."""
    # two controllers may be threads of one process
    partial = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.partial")
    with open(partial, "wb", opener=opener) as file:
        file.write(content)
    partial.replace(path)


def _little(pixels: StoredPixels) -> StoredPixels:
    import numpy as np

    little: Any = np.ascontiguousarray(pixels, dtype=pixels.dtype.newbyteorder("<"))
    return cast("StoredPixels", little)


@lru_cache(maxsize=8)
def _codec(itemsize: int) -> Blosc:
    from numcodecs import Blosc

    return Blosc(cname="lz4", clevel=1, shuffle=Blosc.BITSHUFFLE, typesize=itemsize)


@lru_cache(maxsize=32)
def _template(shape: tuple[int, ...], dtype: str) -> str:
    """Let zarr write the metadata of an array with one field; `_codec` must match it."""
    import numpy as np
    import zarr
    import zarr.codecs

    memory: dict[str, Any] = {}
    whole = (*shape[:-2], 1, *shape[-2:])
    array = zarr.create_array(
        memory,
        shape=whole,
        chunks=whole,
        dtype=dtype,
        compressors=zarr.codecs.BloscCodec(
            cname="lz4", clevel=1, shuffle="bitshuffle", typesize=np.dtype(dtype).itemsize
        ),
        chunk_key_encoding={"name": "default", "separator": "."},
        dimension_names=DIMENSIONS[1 + len(shape)],
        zarr_format=3,
    )
    del array
    return bytes(memory["zarr.json"].to_bytes()).decode()


def _brief(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
