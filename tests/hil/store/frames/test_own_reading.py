"""Frames read without zarr: the same pixels, or nothing said."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import zarr

from hil.errors import StoreError
from hil.store.frames import files as frame_files
from hil.store.frames.own_reading import read_own, written_metadata

SHAPES = [(2, 5, 4), (1, 1, 1), (2, 3, 5, 4)]


@pytest.fixture(params=[(shape, dtype) for shape in SHAPES for dtype in frame_files.DTYPES])
def written(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, frame_files.Pixels]:
    shape, dtype = request.param
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, np.iinfo(dtype).max, (4, *shape), dtype, endpoint=True)
    frame_files.make_image(tmp_path, {})
    for field, one in enumerate(pixels):
        frame_files.write_chunk(tmp_path, field, one)
    frame_files.write_metadata(tmp_path, len(pixels), pixels[0], {"trial": 1})
    return tmp_path, pixels


def own(folder: Path, fields: list[int]) -> frame_files.Pixels | None:
    return read_own(folder / "0", fields, frame_files.DIMENSIONS)


def test_pixels_are_those_that_zarr_reads(written: tuple[Path, frame_files.Pixels]) -> None:
    folder, pixels = written
    found = own(folder, [3, 0, 2])
    assert found is not None
    assert (found.dtype, found.flags.c_contiguous) == (pixels.dtype, True)
    np.testing.assert_array_equal(found, pixels[[3, 0, 2]])
    array = zarr.open_array(folder / "0", mode="r")
    np.testing.assert_array_equal(found, np.moveaxis(np.asarray(array[:]), -3, 0)[[3, 0, 2]])


def test_the_layout_is_the_one_that_zarr_wrote(written: tuple[Path, frame_files.Pixels]) -> None:
    folder, pixels = written
    told = json.loads((folder / "0" / "zarr.json").read_text())
    chunk = [*pixels.shape[1:-2], 1, *pixels.shape[-2:]]
    dimensions = frame_files.DIMENSIONS[pixels.ndim]
    expected = written_metadata(chunk, pixels.dtype.name, dimensions)
    assert {**told, "shape": None, "attributes": None} == {
        **expected,
        "shape": None,
        "attributes": None,
    }


def test_of_what_is_damaged_or_gone_zarr_says_what_is_wrong(
    written: tuple[Path, frame_files.Pixels],
) -> None:
    folder, pixels = written
    name = f"c{'.0' * (pixels.ndim - 3)}.1.0.0"
    chunk = folder / "0" / name
    whole = chunk.read_bytes()
    chunk.write_bytes(whole[:5])
    assert own(folder, [1]) is None
    assert own(folder, [0]) is not None
    with pytest.raises(StoreError, match="cannot be read"):
        frame_files.read_fields(folder, [0, 1])
    chunk.unlink()
    assert own(folder, [1]) is None
    assert not frame_files.read_fields(folder, [1]).any(), "zarr's fill value; checksums tell"
    assert own(folder, [4]) is None
    assert own(folder, [-1]) is None
    with pytest.raises(StoreError, match="cannot be read"):
        frame_files.read_fields(folder, [4])


@pytest.mark.parametrize("key", ["codecs", "fill_value", "chunk_key_encoding", "data_type", "new"])
def test_of_what_is_laid_out_otherwise_nothing_is_said(tmp_path: Path, key: str) -> None:
    pixels = np.ones((2, 5, 4), np.uint16)
    frame_files.make_image(tmp_path, {})
    frame_files.write_chunk(tmp_path, 0, pixels)
    frame_files.write_metadata(tmp_path, 1, pixels, {})
    file = tmp_path / "0" / "zarr.json"
    told = json.loads(file.read_text())
    assert own(tmp_path, [0]) is not None
    file.write_text(json.dumps({**told, key: "otherwise"}))
    assert own(tmp_path, [0]) is None
    file.write_text("[]")
    assert own(tmp_path, [0]) is None
    assert own(tmp_path / "nowhere", [0]) is None


def test_a_process_that_estimates_frames_loads_neither_database_nor_zarr(tmp_path: Path) -> None:
    pixels = np.ones((2, 5, 4), np.uint16)
    frame_files.make_image(tmp_path, {})
    frame_files.write_chunk(tmp_path, 0, pixels)
    frame_files.write_metadata(tmp_path, 1, pixels, {})
    code = (
        "import sys; from pathlib import Path; import hil.replay.estimate_process;"
        "from hil.information import estimate_information;"
        "from hil.store.frames.files import read_fields;"
        f"read_fields(Path({str(tmp_path)!r}), [0]);"
        "print([m for m in ('sqlalchemy', 'pydantic', 'zarr', 'optuna', 'torch')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
