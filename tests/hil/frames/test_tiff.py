"""TIFF files: stacks, stage positions, and what was cut off."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from hil.errors import InputError
from hil.frames.files import open_frames
from tests.hil.frames.stored import FRAMES


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


def test_planes_that_ome_promises_and_nobody_wrote(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    tifffile.imwrite(path, FRAMES[:, 0], metadata={"axes": "TYX"})
    words = tifffile.tiffcomment(path)
    tifffile.tiffcomment(path, words.replace('SizeT="5"', 'SizeT="8"').encode())
    with pytest.raises(InputError, match="3 of 8 frames are incomplete"):
        open_frames(path)
    found = open_frames(path, allow_missing=True)
    assert np.array_equal(found[4][0], FRAMES[4, 0])
    assert found.left_out == "3 of 8 frames, which are incomplete"
