"""Frames from files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
import zarr

from hil.errors import InputError
from hil.frames.files import open_frames, read_frames
from tests.hil.frames.stored import FRAMES


def npz(path: Path, array: np.ndarray) -> None:
    np.savez(path, frames=array, other=np.zeros(3))


def npz_alone(path: Path, array: np.ndarray) -> None:
    np.savez(path, whatever=array)


def npz_compressed(path: Path, array: np.ndarray) -> None:
    np.savez_compressed(path, array)


def npz_fortran(path: Path, array: np.ndarray) -> None:
    np.savez(path, np.asfortranarray(array))


def tiff_big_endian(path: Path, array: np.ndarray) -> None:
    tifffile.imwrite(path, array, byteorder=">")


def tiff_compressed(path: Path, array: np.ndarray) -> None:
    tifffile.imwrite(path, array, compression="zlib")


def tiff_tiled(path: Path, array: np.ndarray) -> None:
    tifffile.imwrite(path, array, tile=(16, 16), predictor=True, compression="zlib")


def zarr_array(path: Path, array: np.ndarray) -> None:
    zarr.save_array(str(path), array)


def zarr_group(path: Path, array: np.ndarray) -> None:
    zarr.open_group(str(path), mode="w").create_array("raw", data=array)


WRITERS: list[tuple[str, Callable[[Path, np.ndarray], object]]] = [
    ("a.npy", np.save),
    ("a.npz", npz),
    ("b.npz", npz_alone),
    ("c.npz", npz_compressed),
    ("d.npz", npz_fortran),
    ("a.tif", tifffile.imwrite),
    ("b.tif", tiff_big_endian),
    ("c.tif", tiff_compressed),
    ("d.tif", tiff_tiled),
    ("a.TIFF", tifffile.imwrite),
    ("a.zarr", zarr_array),
    ("b.zarr", zarr_group),
]


@pytest.mark.parametrize("frames", [FRAMES, FRAMES[:, 0]], ids=["repeats", "fields"])
@pytest.mark.parametrize(
    ("name", "write"), WRITERS, ids=lambda value: getattr(value, "__name__", value)
)
def test_frames_come_back(
    tmp_path: Path, name: str, write: Callable[[Path, np.ndarray], object], frames: np.ndarray
) -> None:
    write(tmp_path / name, frames)
    found = read_frames(tmp_path / name)
    assert found.dtype == frames.dtype
    assert np.array_equal(found, frames)
    fields = open_frames(tmp_path / name)
    repeats = frames if frames.ndim == 4 else frames[:, None]
    assert (fields.shape, fields.dtype) == (repeats.shape, frames.dtype)
    for number in (3, 0):
        assert np.array_equal(fields[number], repeats[number])
    with pytest.raises(IndexError):
        fields[5]


def test_what_cannot_be_read_later_names_the_file(tmp_path: Path) -> None:
    zarr.save_array(str(tmp_path / "a.zarr"), FRAMES)
    found = open_frames(tmp_path / "a.zarr")
    for chunk in (tmp_path / "a.zarr").glob("c/**/*"):
        if chunk.is_file():
            chunk.write_bytes(b"damaged")
    with pytest.raises(InputError, match=r"a\.zarr: cannot be read"):
        found[0]


def test_colour_is_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((4, 32, 32, 3), np.uint8), photometric="rgb")
    with pytest.raises(InputError, match="colour"):
        read_frames(tmp_path / "a.tif")


@pytest.mark.parametrize("name", ["a.npy", "a.npz", "a.tif", "a.zarr"])
def test_damaged_files_are_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"not frames")
    with pytest.raises(InputError) as caught:
        read_frames(tmp_path / name)
    assert caught.value.where.endswith(name)
    assert "\n" not in str(caught.value)


def test_missing_and_unknown_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_frames(tmp_path / "a.npy")
    with pytest.raises(InputError, match=r"did you mean '\.tif"):
        read_frames(tmp_path / "a.tiif")
