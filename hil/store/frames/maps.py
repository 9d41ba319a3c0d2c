"""Maps of a calibration's pixels, as Zarr arrays beside the frames: never in SQL.

Layout: ``FRAMES/calibrations/ID/`` is a Zarr v3 group, each map in it an array of shape
(height, width). The row of the calibration holds a checksum for each.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hil.errors import StoreError
from hil.store.frames.files import sync_file, sync_folder

if TYPE_CHECKING:
    from numpy.typing import NDArray

FOLDER = "calibrations"


def write_maps(
    frames: Path, calibration_id: str, maps: Mapping[str, NDArray[Any]]
) -> dict[str, str]:
    """Write maps and bring them to the disk; return the checksum of each.

    Raises
    ------
    StoreError
        A full disk, say.
    """
    import zarr

    folder = frames / FOLDER / calibration_id
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        group = zarr.create_group(folder, attributes={"calibration": calibration_id})
        for name, values in maps.items():
            array = group.create_array(
                name, shape=values.shape, dtype=values.dtype, dimension_names=("y", "x")
            )
            array[...] = values
        for path in sorted(folder.rglob("*")):
            (sync_folder if path.is_dir() else sync_file)(path)
        sync_folder(folder)
        sync_folder(folder.parent)
    except OSError as error:
        raise StoreError(f"{folder}: the maps could not be written: {error.strerror}") from error
    return {name: _checksum(values) for name, values in maps.items()}


def read_maps(
    frames: Path, calibration_id: str, checksums: Mapping[str, str]
) -> dict[str, NDArray[Any]]:
    """Read the maps of a calibration.

    Raises
    ------
    StoreError
        They are gone, damaged, or do not match their checksums.
    """
    import numpy as np
    import zarr

    folder = frames / FOLDER / calibration_id
    maps: dict[str, NDArray[Any]] = {}
    for name, wanted in checksums.items():
        try:
            maps[name] = np.asarray(zarr.open_array(folder / name, mode="r")[...])
        except Exception as error:  # codecs raise whatever they like on damaged bytes
            raise StoreError(
                f"{folder / name}: this map of the calibration cannot be read;"
                " is --frames the folder that it was made with?"
            ) from error
        if _checksum(maps[name]) != wanted:
            raise StoreError(f"{folder / name}: this map does not match its checksum")
    return maps


def _checksum(values: NDArray[Any]) -> str:
    import numpy as np

    little = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    return hashlib.sha256(little.tobytes()).hexdigest()
