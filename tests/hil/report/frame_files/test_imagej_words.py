"""What ImageJ reads of a file beside its OME-XML; written and read back in `test_writing`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile

from hil.report.frame_files.imagej_words import also_for_imagej


def test_all_that_the_file_had_stays(tmp_path: Path) -> None:
    path, pixels = tmp_path / "a.tif", np.arange(2 * 3 * 4 * 5, dtype=np.uint16).reshape(2, 3, 4, 5)
    tifffile.imwrite(path, pixels, ome=True, metadata={"axes": "TZYX"}, compression="zlib")
    with tifffile.TiffFile(path) as file:
        before = [(tag.code, tag.value) for tag in file.pages.first.tags]
    also_for_imagej(path, pixels.shape, in_micrometres=False)
    with tifffile.TiffFile(path) as file:
        after = [(tag.code, tag.value) for tag in file.pages.first.tags]
        assert np.array_equal(file.series[0].asarray(), pixels)
    (added,) = (tag for tag in after if tag not in before)
    assert [tag for tag in after if tag != added] == before
    assert added == (
        270,
        "ImageJ=\nimages=6\nchannels=1\nslices=3\nframes=2\nhyperstack=true\nmode=grayscale",
    )


def test_a_file_of_the_large_kind_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((1, 2, 4, 5), np.uint8), ome=True, bigtiff=True)
    before = path.read_bytes()
    also_for_imagej(path, (1, 2, 4, 5), in_micrometres=True)
    assert path.read_bytes() == before
