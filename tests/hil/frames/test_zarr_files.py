"""OME-Zarr as microscopes write it."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest
import zarr

from hil.errors import InputError
from hil.frames.files import open_frames
from tests.hil.frames.stored import FRAMES
from tests.hil.frames.written import ome_zarr, say

FORMATS = pytest.mark.parametrize("version", [2, 3])


def root(path: Path, version: int) -> zarr.Group:
    return zarr.open_group(str(path), mode="w", zarr_format=version)


@FORMATS
def test_of_a_pyramid_the_full_size_is_read(tmp_path: Path, version: int) -> None:
    ome_zarr(root(tmp_path / "a.zarr", version), FRAMES[:, :, None], "tczyx", ("DAPI", "FITC"))
    found = open_frames(tmp_path / "a.zarr")
    assert found.shape == (5, 1, 2, 24, 20)
    assert np.array_equal(found[3][0], FRAMES[3])
    assert found.recorded == {"channels": "DAPI, FITC"}


@FORMATS
def test_positions_are_fields(tmp_path: Path, version: int) -> None:
    group = root(tmp_path / "a.zarr", version)
    for number in range(12):  # 10 comes after 2
        ome_zarr(group.create_group(f"Pos{number}"), FRAMES[number % 5, 0] + number, "yx")
    found = open_frames(tmp_path / "a.zarr")
    assert found.shape == (12, 1, 24, 20)
    assert np.array_equal(found[10][0], FRAMES[0, 0] + 10)


@FORMATS
def test_wells_of_a_plate_are_fields(tmp_path: Path, version: int) -> None:
    group = root(tmp_path / "a.zarr", version)
    say(group, {"plate": {"wells": [{"path": "A/1"}, {"path": "B/2"}]}})
    for number, name in enumerate(["A/1", "B/2"]):
        well = group.create_group(name)
        say(well, {"well": {"images": [{"path": "0"}, {"path": "1"}]}})
        for image in range(2):
            frame = FRAMES[2 * number + image, 0]
            ome_zarr(well.create_group(str(image)), frame[None, None, None], "tczyx")
    found = open_frames(tmp_path / "a.zarr")
    assert found.shape == (4, 1, 24, 20)
    assert np.array_equal(found[3][0], FRAMES[3, 0])


@FORMATS
def test_bioformats2raw_names_its_series(tmp_path: Path, version: int) -> None:
    group = root(tmp_path / "a.zarr", version)
    say(group, {"bioformats2raw.layout": 3})
    say(group.create_group("OME"), {"series": ["1", "0"]})
    for number in range(2):
        ome_zarr(group.create_group(str(number)), FRAMES[number, 0][None, None, None], "tczyx")
    found = open_frames(tmp_path / "a.zarr")
    assert np.array_equal(found[0][0], FRAMES[1, 0])
    assert found.shape == (2, 1, 24, 20)


@FORMATS
@pytest.mark.parametrize("within", ["", "a.zarr"], ids=["the store", "its folder"])
def test_zipped_stores_are_read(tmp_path: Path, version: int, within: str) -> None:
    ome_zarr(root(tmp_path / "in" / "a.zarr", version), FRAMES[:, :1], "tcyx")
    folder = tmp_path / "in" / ("" if within else "a.zarr")
    shutil.make_archive(str(tmp_path / "b"), "zip", folder)
    found = open_frames(tmp_path / "b.zip")
    assert found.shape == (5, 1, 24, 20)
    assert np.array_equal(found[4][0], FRAMES[4, 0])


def test_dimensions_by_name(tmp_path: Path) -> None:
    zarr.create_array(
        str(tmp_path / "a.zarr"),
        data=FRAMES[:, 0].transpose(1, 2, 0),
        dimension_names=["y", "x", "t"],
    )
    found = open_frames(tmp_path / "a.zarr")
    assert (found.axes, found.shape) == ("yxf", (5, 1, 24, 20))


def test_what_others_leave_beside_frames_is_no_matter(tmp_path: Path) -> None:
    group = root(tmp_path / "a", 3)  # a folder of any name
    ome_zarr(group, FRAMES[:, 0], "tyx")
    ome_zarr(group.create_group("labels").create_group("cells"), FRAMES[:, 1], "tyx")
    (tmp_path / "a" / ".DS_Store").write_bytes(b"x")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert open_frames(tmp_path / "a").shape == (5, 1, 24, 20)


def test_positions_of_different_sizes_are_refused(tmp_path: Path) -> None:
    group = root(tmp_path / "a.zarr", 3)
    ome_zarr(group.create_group("0"), FRAMES[0, 0], "yx")
    ome_zarr(group.create_group("1"), FRAMES[0, 0, :20], "yx")
    with pytest.raises(InputError, match="images of 20 x 20, 24 x 20; allowed: all of one size"):
        open_frames(tmp_path / "a.zarr")
