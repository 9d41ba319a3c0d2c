"""What TIFF files say beside their pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from hil.errors import InputError
from hil.frames.files import open_frames
from tests.hil.frames.stored import FRAMES
from tests.hil.frames.written import companion, mm_stacks

CHANNELS = ("DAPI", "FITC")
STACKS = np.random.default_rng(2).integers(0, 4000, (3, 1, 2, 24, 20)).astype(np.uint16)


@pytest.mark.parametrize("name", ["", "run_MMStack_Pos0.ome.tif"], ids=["folder", "file"])
def test_stacks_of_micromanager(tmp_path: Path, name: str) -> None:
    mm_stacks(tmp_path / "a", STACKS, CHANNELS)
    found = open_frames(tmp_path / "a" / name)
    assert (found.axes.replace("f", ""), found.shape) == ("cyx", (3, 1, 2, 24, 20))
    assert all(np.array_equal(found[k][0], STACKS[k, 0]) for k in range(3))
    assert found.recorded == {
        "channels": "DAPI, FITC", "camera": "Cam", "exposure_ms": "20", "binning": "2",
        "positions": "3", "times": "1", "slices": "1", "interval_ms": "500",
    }  # fmt: skip


def test_stacks_of_which_a_position_is_lacking(tmp_path: Path) -> None:
    mm_stacks(tmp_path / "a", STACKS, CHANNELS)[2].unlink()
    with pytest.raises(InputError, match="1 of 3 frames are incomplete"):
        open_frames(tmp_path / "a")
    found = open_frames(tmp_path / "a", allow_missing=True)
    assert np.array_equal(found[1][0], STACKS[1, 0])


def test_more_channels_than_four_are_believed_by_name(tmp_path: Path) -> None:
    names = [f"band {k}" for k in range(5)]
    tifffile.imwrite(
        tmp_path / "a.ome.tif",
        FRAMES.transpose(1, 0, 2, 3),
        photometric="minisblack",
        metadata={"axes": "TCYX", "Channel": {"Name": names}},
    )
    assert open_frames(tmp_path / "a.ome.tif").shape == (2, 1, 5, 24, 20)


@pytest.mark.parametrize("name", ["run.companion.ome", "t0.ome.tif", "t3.ome.tif"])
def test_ome_beside_its_frames(tmp_path: Path, name: str) -> None:
    companion(tmp_path, FRAMES[:, 0])
    found = open_frames(tmp_path / name)
    assert found.shape == (5, 1, 24, 20)
    assert np.array_equal(found[4][0], FRAMES[4, 0])


def test_ome_without_its_frames_says_which(tmp_path: Path) -> None:
    path = companion(tmp_path, FRAMES[:, 0])
    (tmp_path / "t2.ome.tif").unlink()
    with pytest.raises(InputError, match=r"t2\.ome\.tif is not beside it"):
        open_frames(path)
    path.unlink()
    with pytest.raises(InputError, match=r"described by run\.companion\.ome, which is not beside"):
        open_frames(tmp_path / "t1.ome.tif")
