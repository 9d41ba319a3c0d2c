"""Folders of TIFF files."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import tifffile

from hil.errors import InputError
from hil.frames.files import open_frames
from tests.hil.frames.stored import FRAMES
from tests.hil.frames.written import companion, ome_files


def test_numbers_in_names_are_the_order(tmp_path: Path) -> None:
    for number in range(12):
        tifffile.imwrite(tmp_path / f"shot {number}.tif", FRAMES[0, 0] + number)
    (tmp_path / "notes.txt").write_text("of no matter")
    found = open_frames(tmp_path)
    assert (found.axes, found.shape) == ("fyx", (12, 1, 24, 20))
    assert np.array_equal(found[10][0], FRAMES[0, 0] + 10)


def test_sizes_that_differ_are_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", FRAMES[0, 0])
    tifffile.imwrite(tmp_path / "b.tif", FRAMES[0, 0, :20])
    with pytest.raises(InputError, match="20 x 20, 24 x 20; allowed: all of one size"):
        open_frames(tmp_path)
    tifffile.imwrite(tmp_path / "b.tif", FRAMES[0, 0].astype(np.float32))
    with pytest.raises(InputError, match="24 x 20 float32, 24 x 20 uint16; allowed: all of one"):
        open_frames(tmp_path)


NAMES = {
    "version 2": lambda p, c, t: f"img_channel{c:03}_position{p:03}_time{t:09}_z000.tif",
    "version 1.4": lambda p, c, t: f"Pos{p}/img_{t:09}_{['DAPI', 'FITC'][c]}_000.tif",
}


@pytest.mark.parametrize("version", NAMES)
def test_single_images_of_micromanager(tmp_path: Path, version: str) -> None:
    images = np.random.default_rng(3).integers(0, 4000, (3, 2, 1, 24, 20)).astype(np.uint16)
    for p, c, t in product(range(3), range(2), range(1)):
        path = tmp_path / NAMES[version](p, c, t)
        path.parent.mkdir(exist_ok=True)
        tifffile.imwrite(path, images[p, c, t])
        says = {"Summary": {"ChNames": ["DAPI", "FITC"]}, "Metadata-x": {"Camera": "Cam"}}
        (path.parent / "metadata.txt").write_text(json.dumps(says))
    found = open_frames(tmp_path)
    assert found.shape == (3, 1, 2, 24, 20)
    assert all(np.array_equal(found[k][0], images[k, :, 0]) for k in range(3))
    assert found.recorded["channels"] == "DAPI, FITC"
    assert found.recorded["camera"] == "Cam"
    (tmp_path / NAMES[version](1, 1, 0)).unlink()
    with pytest.raises(InputError, match=r"incomplete|all of one size"):
        open_frames(tmp_path)


def test_folders_without_frames(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder without frames; allowed: TIFF"):
        open_frames(tmp_path)


def test_files_of_one_dataset_are_not_taken_twice(tmp_path: Path) -> None:
    files = ome_files(tmp_path, FRAMES[:, 0])
    for path in (tmp_path, files[0], files[3]):
        found = open_frames(path)
        assert found.shape == (5, 1, 24, 20)
        assert np.array_equal(found[4][0], FRAMES[4, 0])
    files[2].unlink()
    with pytest.raises(InputError, match="1 of 5 frames are incomplete"):
        open_frames(tmp_path)
    assert open_frames(tmp_path, allow_missing=True).shape == (4, 1, 24, 20)


def test_a_folder_with_a_companion_is_what_it_describes(tmp_path: Path) -> None:
    companion(tmp_path, FRAMES[:, 0])
    assert open_frames(tmp_path).shape == (5, 1, 24, 20)
