"""A chain of images that leads back into itself is told, and not followed."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile

from hil.errors import InputError
from hil.frames.files import open_frames, read_frames

N = 130
"""More than tifffile looks back over, where it does."""


def chain(path: Path, *, big: bool = False) -> list[int]:
    """Write images one by one; where each one's place of the next stands."""
    images = np.arange(N * 6, dtype=np.uint16).reshape(N, 2, 3)
    with tifffile.TiffWriter(path, bigtiff=big) as file:
        for image in images:
            file.write(image, contiguous=False, metadata=None)
    with tifffile.TiffFile(path) as file:
        form = file.tiff
        return [
            page.aspage().offset + form.tagnosize + len(page.aspage().tags) * form.tagsize
            for page in file.pages
        ]


@pytest.mark.parametrize("big", [False, True], ids=["TIFF", "BigTIFF"])
def test_a_whole_chain_is_read(tmp_path: Path, big: bool) -> None:
    chain(tmp_path / "a.tif", big=big)
    assert read_frames(tmp_path / "a.tif").shape == (N, 2, 3)


@pytest.mark.parametrize(("at", "to"), [(0, 0), (3, 1), (N - 1, 0), (N - 1, N - 2), (120, 110)])
def test_one_that_leads_back_is_told(tmp_path: Path, at: int, to: int) -> None:
    path = tmp_path / "a.tif"
    ends = chain(path)
    with tifffile.TiffFile(path) as file:
        offset = file.pages[to].offset
    content = bytearray(path.read_bytes())
    content[ends[at] : ends[at] + 4] = struct.pack("<I", offset)
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"a\.tif: is damaged: its list of images leads back"):
        open_frames(path)


def test_so_is_one_in_a_folder(tmp_path: Path) -> None:
    for name in ("a.tif", "b.tif"):
        ends = chain(tmp_path / name)
        content = bytearray((tmp_path / name).read_bytes())
        content[ends[120] : ends[120] + 4] = struct.pack("<I", 8)
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match="leads back"):
        open_frames(tmp_path)
