"""TIFF images that hold something else than counts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from hil.errors import InputError
from hil.frames.files import open_frames, read_frames
from tests.hil.frames.stored import FRAMES

BYTES = (FRAMES[:, 0] // 16).astype(np.uint8)
GREEN = np.zeros((3, 256), np.uint16)
GREEN[1] = np.arange(256) * 257
FIRE = np.random.default_rng(0).integers(0, 65535, (3, 256)).astype(np.uint16)


@pytest.mark.parametrize(
    ("words", "how"),
    [
        (r"0 as white \(MinIsWhite\)", {"photometric": "miniswhite"}),
        (r"in a table \(palette\)", {"photometric": "palette", "colormap": FIRE}),
    ],
)
def test_what_is_no_count_is_refused(tmp_path: Path, words: str, how: dict[str, Any]) -> None:
    tifffile.imwrite(tmp_path / "a.tif", BYTES, **how)
    with pytest.raises(InputError, match=words):
        open_frames(tmp_path / "a.tif")


def test_mosaics_are_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", FRAMES[0, 0])
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+") as file:
        file.pages[0].tags["PhotometricInterpretation"].overwrite(32803)
    with pytest.raises(InputError, match=r"mosaic of colours \(CFA\)"):
        open_frames(tmp_path / "a.tif")


def test_colours_that_only_show_brightness_are_counts(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", BYTES, photometric="palette", colormap=GREEN)
    assert np.array_equal(open_frames(tmp_path / "a.tif")[2][0], BYTES[2])
    tifffile.imwrite(
        tmp_path / "b.tif", BYTES, imagej=True, colormap=FIRE, metadata={"axes": "TYX"}
    )
    assert np.array_equal(open_frames(tmp_path / "b.tif")[2][0], BYTES[2])


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_several_samples_of_a_pixel(tmp_path: Path, planar: str) -> None:
    two = np.stack([FRAMES[0, 0], FRAMES[0, 1]], axis=0 if planar == "separate" else -1)
    how: dict[str, Any] = {"photometric": "minisblack", "planarconfig": planar}
    tifffile.imwrite(tmp_path / "a.tif", two, extrasamples=["unspecified"], **how)
    found = open_frames(tmp_path / "a.tif")
    assert found.shape == (1, 1, 2, 24, 20)
    assert np.array_equal(found[0][0], FRAMES[0])
    tifffile.imwrite(tmp_path / "b.tif", two, extrasamples=["unassalpha"], **how)
    with pytest.raises(InputError, match="colour images"):
        open_frames(tmp_path / "b.tif")


def test_a_few_bytes_cannot_hold_a_large_image(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", BYTES[0], compression="zlib", metadata=None)
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+") as file:
        for name in ("ImageWidth", "ImageLength", "RowsPerStrip"):
            file.pages[0].tags[name].overwrite(2**17)
    with pytest.raises(InputError, match="cannot hold an image of"):
        open_frames(tmp_path / "a.tif")


KINDS = ["u1", "u2", "u4", "i1", "i2", "i4", "f2", "f4", "f8"]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", KINDS)
def test_numbers_of_all_kinds_are_read(tmp_path: Path, kind: str, order: str) -> None:
    frames = (FRAMES[:, 0] // 40).astype(kind)
    for name, how in {
        "a.tif": {}, "b.tif": {"bigtiff": True}, "c.tif": {"tile": (16, 16)},
        "d.tif": {"compression": "lzw"}, "e.tif": {"rowsperstrip": 5},
    }.items():  # fmt: skip
        tifffile.imwrite(tmp_path / name, frames, byteorder=order, **how)
        found = open_frames(tmp_path / name)
        assert found.dtype == np.dtype(kind)
        assert np.array_equal(found[3][0], frames[3])


def test_masks_of_one_bit_are_as_they_were_written(tmp_path: Path) -> None:
    mask = FRAMES[0, 0] > 2000
    tifffile.imwrite(tmp_path / "a.tif", mask)  # tifffile says MinIsWhite of it
    tifffile.imwrite(tmp_path / "b.tif", mask, photometric="minisblack")
    for name in ("a.tif", "b.tif"):
        assert np.array_equal(read_frames(tmp_path / name), mask)


def test_pages_of_a_scanner_are_read(tmp_path: Path) -> None:
    tags = [(33629, 5, 5, (1, 1) * 5, True)]  # MetaMorph's
    tifffile.imwrite(tmp_path / "a.stk", FRAMES[:, 0], metadata=None, extratags=tags)
    assert open_frames(tmp_path / "a.stk").shape == (5, 1, 24, 20)
    with tifffile.TiffWriter(tmp_path / "a.ome.tif") as file:  # a pyramid
        file.write(FRAMES[:, 0], subifds=1, metadata={"axes": "TYX"})
        file.write(FRAMES[:, 0, ::2, ::2], subfiletype=1)
    found = open_frames(tmp_path / "a.ome.tif")
    assert np.array_equal(found[4][0], FRAMES[4, 0])
