"""Frames of a trial as this program writes them, read without zarr.

zarr needs 2 ms for an array of four small fields (3.1; most of it in its event loop), and 0.1 s to
be loaded; a replay reads each trial twice. What is laid out exactly as `files` writes it, byte for
byte but for its shape and attributes, is decoded here by the same codec. Of anything else nothing
is said, and zarr reads it, or says what is wrong with it.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numcodecs import Blosc
    from numpy.typing import NDArray

_SAYS = ("shape", "attributes")  # what differs from array to array
_HEADER = struct.Struct("<4x3I")  # of Blosc: bytes decoded, of a block, encoded
_CODES = {"uint8": 1, "uint16": 2}  # bytes of a pixel


def written_metadata(
    chunk_shape: Sequence[int], dtype: str, dimensions: Sequence[str]
) -> dict[str, Any]:
    """Give what ``zarr.json`` says of an array that this program wrote, but shape and attributes.

    Parameters
    ----------
    chunk_shape
        Of one field of view: its axis has length 1.
    dtype
        ``"uint8"`` or ``"uint16"``.
    dimensions
        Names of the axes.
    """
    blosc = {
        "typesize": _CODES[dtype],
        "cname": "lz4",
        "clevel": 1,
        "shuffle": "bitshuffle",
        "blocksize": 0,
    }
    to_bytes: dict[str, Any] = {"name": "bytes"}
    if _CODES[dtype] > 1:
        to_bytes["configuration"] = {"endian": "little"}
    return {
        "data_type": dtype,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(chunk_shape)}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "."}},
        "fill_value": 0,
        "codecs": [to_bytes, {"name": "blosc", "configuration": blosc}],
        "dimension_names": list(dimensions),
        "zarr_format": 3,
        "node_type": "array",
        "storage_transformers": [],
    }


def read_own(
    array: Path, fields: Sequence[int], dimensions: Mapping[int, Sequence[str]]
) -> NDArray[np.uint8] | NDArray[np.uint16] | None:
    """Read fields of view (len(fields), n_repeats, [channels,] height, width).

    Parameters
    ----------
    array
        Folder of the array.
    fields
        Which.
    dimensions
        Number of axes to their names.

    Returns
    -------
    The pixels; None where the array is not wholly as this program writes it.
    """
    import numpy as np

    try:
        told = json.loads((array / "zarr.json").read_bytes())
        shape, dtype = told["shape"], told["data_type"]
        axis = len(shape) - 3
        one = [*shape[:axis], 1, *shape[axis + 1 :]]
        own = {key: value for key, value in told.items() if key not in _SAYS}
        if own != written_metadata(one, dtype, dimensions[len(shape)]):
            return None
        if not all(0 <= field < shape[axis] for field in fields):
            return None
        pixels = np.empty((len(fields), *shape[:axis], *shape[axis + 1 :]), dtype=dtype)
        little = pixels.dtype.newbyteorder("<")
        for place, field in zip(pixels, fields, strict=True):
            name = f"c{'.0' * axis}.{field}.0.0"
            chunk = (array / name).read_bytes()
            if not _is_whole(chunk, place.nbytes):
                return None
            place[...] = np.frombuffer(_codec().decode(chunk), little).reshape(place.shape)
    except (OSError, ValueError, LookupError, TypeError, RuntimeError, MemoryError):
        return None
    return pixels


def _is_whole(chunk: bytes, n_bytes: int) -> bool:
    """Whether a chunk is as long as its header says, and holds as much as it should.

    Blosc believes its header, and reads beyond the end of what was cut off.
    """
    if len(chunk) < _HEADER.size:
        return False
    decoded, _, encoded = _HEADER.unpack_from(chunk)
    return bool(decoded == n_bytes and encoded == len(chunk))


@lru_cache(maxsize=1)
def _codec() -> Blosc:
    from numcodecs import Blosc

    return Blosc()
