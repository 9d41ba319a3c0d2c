"""Frames from files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import tifffile
import zarr

from hil.errors import InputError
from hil.frames.files import open_frames, read_frames

FRAMES = np.random.default_rng(0).integers(0, 4000, (5, 2, 24, 20)).astype(np.uint16)


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


class Read(NamedTuple):
    says: str
    axes: str | None
    stored: str  # letters of FRAMES' axes f r y x, and c, in the order of the file
    shape: tuple[int, ...]
    channel: int | None = None


@pytest.mark.parametrize(
    "read",
    [
        Read("a single image", None, "yx", (1, 1, 24, 20)),
        Read("fields first", None, "fyx", (5, 1, 24, 20)),
        Read("channels in the middle", None, "frcyx", (5, 2, 3, 24, 20)),
        Read("repeats first", "rfyx", "rfyx", (5, 2, 24, 20)),
        Read("repeats alone", "ryx", "ryx", (1, 2, 24, 20)),
        Read("channels last", "fyxc", "fyxc", (5, 1, 3, 24, 20)),
        Read("one channel", "fryxc", "fryxc", (5, 2, 24, 20), 2),
        Read("transposed", "xyrf", "xyrf", (5, 2, 24, 20)),
        Read("in capitals", "FRYX", "fryx", (5, 2, 24, 20)),
    ],
    ids=lambda read: read.says,
)
def test_axes_are_put_in_order(tmp_path: Path, read: Read) -> None:
    whole = np.stack([FRAMES, FRAMES + 1, FRAMES + 2], axis=2)  # f r c y x
    index = tuple(slice(None) if one in read.stored else 0 for one in "frcyx")
    kept = [one for one in "frcyx" if one in read.stored]
    np.save(tmp_path / "a.npy", whole[index].transpose([kept.index(one) for one in read.stored]))
    found = open_frames(tmp_path / "a.npy", read.axes, read.channel)
    assert found.shape == read.shape
    repeats = whole[:, : read.shape[1], read.channel or 0]
    for number in range(read.shape[0]):
        field = found[number]
        assert field.shape == read.shape[1:]
        first = field[:, 0] if field.ndim == 4 else field
        assert np.array_equal(first, repeats[number])


def test_several_axes_of_fields_count_as_one(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", FRAMES.reshape(5, 2, 24, 20))
    found = open_frames(tmp_path / "a.npy", "ffyx")
    assert found.shape == (10, 1, 24, 20)
    assert np.array_equal(found[7][0], FRAMES[3, 1])


@pytest.mark.parametrize(
    ("axes", "words"),
    [
        ("fyx", "names 3 axes"),
        ("frzx", "one letter an axis"),
        ("ffxx", "y and x once each"),
        ("ccyx", "one letter an axis"),
    ],
)
def test_axes_that_cannot_be_are_refused(tmp_path: Path, axes: str, words: str) -> None:
    np.save(tmp_path / "a.npy", FRAMES)
    with pytest.raises(InputError, match=words):
        open_frames(tmp_path / "a.npy", axes)


def test_channels_that_are_not_there_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", FRAMES)
    with pytest.raises(InputError, match="2 of them, from 0"):
        open_frames(tmp_path / "a.npy", "fcyx", 2)
    with pytest.raises(InputError, match="no channel axis"):
        open_frames(tmp_path / "a.npy", channel=0)


def test_a_microscopes_axes_are_asked_for_where_they_may_be_repeats(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, FRAMES, imagej=True, metadata={"axes": "TZYX"})
    with pytest.raises(InputError, match=r"axes TZYX of lengths \(5, 2, 24, 20\).*allowed: --axes"):
        open_frames(path)
    assert open_frames(path, "fryx").shape == (5, 2, 24, 20)
    tifffile.imwrite(path, FRAMES, imagej=True, metadata={"axes": "TCYX"})
    assert open_frames(path).axes == "fcyx"


def test_positions_of_a_stage_are_fields(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as file:
        for position in range(5):
            file.write(FRAMES[position, 0], metadata={"axes": "YX"})
    found = open_frames(path)
    assert (found.axes, found.shape) == ("fyx", (5, 1, 24, 20))
    assert np.array_equal(found[4][0], FRAMES[4, 0])


def test_images_of_different_sizes_are_refused(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(FRAMES[0, 0])
        file.write(FRAMES[0, 0, :20])
    with pytest.raises(InputError, match="20 x 20, 24 x 20; allowed: all of one size"):
        open_frames(tmp_path / "a.tif")


CUT = {"contiguous": {}, "pages": {"compression": "zlib"}, "plain": {"metadata": None}}


@pytest.mark.parametrize("kept", [0.9, 0.5])
@pytest.mark.parametrize("kind", CUT)
def test_a_tiff_that_was_cut_off_is_no_shorter_stack(
    tmp_path: Path, kind: str, kept: float
) -> None:
    tifffile.imwrite(tmp_path / "a.tif", FRAMES[:, 0], **CUT[kind])
    whole = (tmp_path / "a.tif").read_bytes()
    (tmp_path / "a.tif").write_bytes(whole[: int(kept * len(whole))])
    with pytest.raises(InputError, match=r"damaged|ends before|corrupted"):
        open_frames(tmp_path / "a.tif")


def test_what_cannot_be_read_later_names_the_file(tmp_path: Path) -> None:
    zarr.save_array(str(tmp_path / "a.zarr"), FRAMES)
    found = open_frames(tmp_path / "a.zarr")
    for chunk in (tmp_path / "a.zarr").glob("c/**/*"):
        if chunk.is_file():
            chunk.write_bytes(b"damaged")
    with pytest.raises(InputError, match=r"a\.zarr: cannot be read"):
        found[0]


def test_large_compressed_archives_are_refused(tmp_path: Path) -> None:
    # a header alone: what follows it is not looked at
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<u2", "fortran_order": False, "shape": (600, 1024, 1024)}
    )
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", header.getvalue())
    with pytest.raises(InputError, match=r"holds 1\.2 GiB compressed.*as \.npy or \.zarr"):
        open_frames(tmp_path / "a.npz")


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


def test_colour_in_arrays_is_asked_for(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((4, 32, 32, 3), np.uint8))
    with pytest.raises(InputError, match=r"looks like colour images.*--axes"):
        open_frames(tmp_path / "a.npy")
    assert open_frames(tmp_path / "a.npy", "fyxc").shape == (4, 1, 3, 32, 32)


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
