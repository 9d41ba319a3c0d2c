"""Frames from files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
import zarr

from hil.errors import InputError
from hil.information.files import read_frames

FRAMES = np.random.default_rng(0).integers(0, 4000, (5, 2, 24, 20)).astype(np.uint16)


def npz(path: Path, array: np.ndarray) -> None:
    np.savez(path, frames=array, other=np.zeros(3))


def npz_alone(path: Path, array: np.ndarray) -> None:
    np.savez(path, whatever=array)


def zarr_array(path: Path, array: np.ndarray) -> None:
    zarr.save_array(str(path), array)


def zarr_group(path: Path, array: np.ndarray) -> None:
    zarr.open_group(str(path), mode="w").create_array("raw", data=array)


WRITERS: list[tuple[str, Callable[[Path, np.ndarray], object]]] = [
    ("a.npy", np.save),
    ("a.npz", npz),
    ("b.npz", npz_alone),
    ("a.tif", tifffile.imwrite),
    ("a.TIFF", tifffile.imwrite),
    ("a.zarr", zarr_array),
    ("b.zarr", zarr_group),
]


@pytest.mark.parametrize("frames", [FRAMES, FRAMES[:, 0]], ids=["repeats", "fields"])
@pytest.mark.parametrize(("name", "write"), WRITERS, ids=lambda value: str(value))
def test_frames_come_back(
    tmp_path: Path, name: str, write: Callable[[Path, np.ndarray], object], frames: np.ndarray
) -> None:
    write(tmp_path / name, frames)
    found = read_frames(tmp_path / name)
    assert found.dtype == frames.dtype
    assert np.array_equal(found, frames)


def test_objects_are_not_unpickled(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match=r"a\.npy: cannot be read"):
        read_frames(path)


def test_ambiguous_archives_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=FRAMES, y=FRAMES)
    with pytest.raises(InputError, match=r"arrays x, y; allowed: one array"):
        read_frames(tmp_path / "a.npz")


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
