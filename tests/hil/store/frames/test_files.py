"""Frame files: what zarr reads is what was written, and damage is seen."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from hil.records.frames import FieldFrames
from hil.store import Database
from hil.store.frames import files as frame_files


@settings(deadline=None)  # a busy machine reads late
@given(
    pixels=st.sampled_from([np.uint8, np.uint16]).flatmap(
        lambda dtype: arrays.arrays(
            dtype, arrays.array_shapes(min_dims=4, max_dims=5, min_side=1, max_side=5)
        )
    )
)
def test_zarr_reads_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, pixels: frame_files.Pixels
) -> None:
    folder = tmp_path_factory.mktemp("image")
    frame_files.make_image(folder, {})
    for index, one in enumerate(pixels):
        frame_files.write_chunk(folder, index, one)
    frame_files.write_metadata(folder, len(pixels), pixels[0], {"trial": 1})
    array = zarr.open_array(folder / "0", mode="r")
    assert array.metadata.zarr_format == 3
    *most, height, width = pixels.shape[1:]
    assert (array.shape, array.dtype, array.chunks) == (
        (*most, len(pixels), height, width),
        pixels.dtype,
        (*most, 1, height, width),
    )
    np.testing.assert_array_equal(np.moveaxis(np.asarray(array[:]), -3, 0), pixels)
    np.testing.assert_array_equal(frame_files.read_fields(folder, [*range(len(pixels))]), pixels)
    assert frame_files.file_names(range(len(pixels)), pixels.ndim) == frame_files.names_there(
        folder
    )
    assert array.attrs["trial"] == 1


def test_big_endian_and_strided_pixels_are_stored_as_their_values(tmp_path: Path) -> None:
    values = np.arange(2 * 6 * 8, dtype=np.uint16).reshape(2, 6, 8)
    strided: Any = values.astype(">u2")[:, ::2, ::2]
    frame_files.make_image(tmp_path, {})
    frame_files.write_chunk(tmp_path, 0, strided)
    frame_files.write_metadata(tmp_path, 1, strided, {})
    read = frame_files.read_fields(tmp_path, [0])[0]
    np.testing.assert_array_equal(read, values[:, ::2, ::2])
    assert frame_files.checksum(read) == frame_files.checksum(strided)


def test_a_session_is_a_zarr_group(
    db: Database, run: Any, session_id: str, make_pixels: Callable[..., FieldFrames]
) -> None:
    run.complete()
    run.complete()
    group = zarr.open_group(db.frames_folder / session_id, mode="r")
    assert sorted(group.group_keys()) == ["000000", "000001"]
    array = group["000001/0"]
    assert isinstance(array, zarr.Array)
    assert array.metadata.dimension_names == ("repeat", "field", "y", "x")  # type: ignore[union-attr]
    attributes = dict(array.attrs)
    assert (attributes["session"], attributes["trial"]) == (session_id, 1)
    assert (attributes["exposure_ms"], attributes["fields"]) == (10.0, [0, 1, 2])
    assert attributes["settings"] == {"mirror.z5_nm": 12.5, "Emission.Label": "FITC"}
    expected = np.stack([make_pixels(index, seed=1).frames for index in range(3)], axis=1)
    np.testing.assert_array_equal(array[:], expected)


def test_the_metadata_is_that_of_zarr(tmp_path: Path) -> None:
    pixels = np.zeros((2, 3, 4), np.uint16)
    frame_files.make_image(tmp_path, {})
    frame_files.write_metadata(tmp_path, 5, pixels, {"a": 1})
    written = json.loads((tmp_path / "0" / "zarr.json").read_text())
    array = zarr.open_array(tmp_path / "0", mode="r")
    assert json.loads(json.dumps(array.metadata.to_dict())) == written


@pytest.mark.parametrize("frame", [(2, 5, 4), (2, 3, 5, 4)])
def test_arrays_of_earlier_versions_are_read(tmp_path: Path, frame: tuple[int, ...]) -> None:
    """They were arrays of their own, with the field of view first."""
    pixels = np.random.default_rng(0).integers(0, 4096, (4, *frame)).astype(np.uint16)
    names = {3: ("field", "repeat", "y", "x"), 4: ("field", "repeat", "channel", "y", "x")}
    array = zarr.create_array(
        tmp_path / "000007",
        shape=pixels.shape,
        chunks=(1, *frame),
        dtype="uint16",
        chunk_key_encoding={"name": "default", "separator": "."},
        dimension_names=names[len(frame)],
    )
    array[:] = pixels
    np.testing.assert_array_equal(
        frame_files.read_fields(tmp_path / "000007", [1, 3]), pixels[[1, 3]]
    )
    there = frame_files.names_there(tmp_path / "000007")
    assert there == frame_files.file_names(range(4), pixels.ndim)
    (tmp_path / "000007" / f"c.2{'.0' * len(frame)}").unlink()
    there = frame_files.names_there(tmp_path / "000007")
    assert not frame_files.file_names(range(4), pixels.ndim) <= there
