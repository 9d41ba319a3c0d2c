"""Files that are something else than their names say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from hil.errors import InputError
from hil.frames.files import open_frames
from tests.hil.frames.stored import FRAMES


@pytest.mark.parametrize(
    ("begins", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\xff\xd8\xff\xe0", "JPEG"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (b"\x93NUMPY", r"\.npy"),
        (b"PK\x03\x04", "zip"),
        (b"\0" * 128 + b"DICM", "DICOM"),
        (b"<?xml version", "XML"),
    ],
)
def test_the_message_says_what_it_is(tmp_path: Path, begins: bytes, kind: str) -> None:
    (tmp_path / "a.tif").write_bytes(begins + b"\1" * 400)
    with pytest.raises(InputError, match=f"is no TIFF file: by its first bytes it is ({kind})"):
        open_frames(tmp_path / "a.tif")


@pytest.mark.parametrize("name", ["a.tif", "a.npy", "a.npz", "a.zip", "a.zarr", "a"])
def test_empty_files_are_said_to_be(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(InputError, match="is empty: it holds no bytes"):
        open_frames(tmp_path / name)


def test_tiff_of_another_name_is_read(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", FRAMES[:, 0])
    for name in ("a.svs", "a.lsm", "frames"):
        (tmp_path / name).write_bytes((tmp_path / "a.tif").read_bytes())
        assert np.array_equal(open_frames(tmp_path / name)[1][0], FRAMES[1, 0])
