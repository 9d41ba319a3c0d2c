"""Stored trials are images by OME-NGFF, while they are written too; its own validator says so."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaozarrs

from hil.clock import SystemClock
from hil.frames.files import open_frames
from hil.records.frames import FieldFrames
from hil.records.imaging import Imaging
from hil.store.frames.files import read_fields
from hil.store.frames.ngff import axes
from hil.store.frames.writer import FrameWriter

GREY, COLOURED = (2, 6, 5), (2, 3, 6, 5)
IMAGING = Imaging("night <1>", 0.25, "cam.bin", {"cam.bin": 1}, ("DAPI", "FITC", "Cy5"))
NAMES = {3: ["repeat", "field", "y", "x"], 4: ["repeat", "channel", "field", "y", "x"]}


def field_of(index: int, shape: tuple[int, ...]) -> FieldFrames:
    pixels = np.random.default_rng(index).integers(1, 4096, shape).astype(np.uint16)
    return FieldFrames(index, pixels, 10.0, 4095, SystemClock().now())


def validated(path: Path) -> Any:
    yaozarrs.validate_zarr_store(path)
    return yaozarrs.open_group(path).ome_metadata()


@pytest.mark.parametrize("shape", [GREY, COLOURED])
def test_a_trial_is_an_image_from_its_first_field_on(tmp_path: Path, shape: Any) -> None:
    trial = tmp_path / "s" / "000012"
    fields = [field_of(index, shape) for index in (0, 2)]
    with FrameWriter(tmp_path, "s", "all", IMAGING) as writer:
        for number in (12, 13):
            for one in fields:
                writer.put(number, one, {"settings": {"cam.bin": 2}})
        assert writer.seal(12) is not None
        validated(tmp_path / "s" / "000013")  # which is not sealed yet
        writer.put(13, field_of(1, shape), {})
    image = validated(trial)
    told = image.multiscales[0]
    assert told.name == "night <1>, trial 12"
    assert [axis.name for axis in told.axes] == NAMES[len(shape)]
    assert told.datasets[0].scale_transform.scale == [*[1.0] * (len(shape) - 1), 0.5, 0.5]
    if len(shape) == 4:
        assert [one.label for one in image.omero.channels] == ["DAPI", "FITC", "Cy5"]
    np.testing.assert_array_equal(
        read_fields(trial, [0, 2]), np.stack([one.frames for one in fields])
    )
    ours = open_frames(tmp_path / "s" / "000013")
    whole = np.stack([ours[i] for i in range(3)])
    np.testing.assert_array_equal(whole, np.stack([field_of(i, shape).frames for i in range(3)]))


def test_repeats_in_the_dark_were_taken(tmp_path: Path) -> None:
    """No chunk is missing where the last repeats of counts are nothing but zeros."""
    dark = field_of(0, (3, 6, 5))
    dark.frames[1:] = 0
    with FrameWriter(tmp_path, "s", "all") as writer:
        writer.put(0, dark, {})
    ours = open_frames(tmp_path / "s" / "000000")
    np.testing.assert_array_equal(ours[0], dark.frames)


def test_an_unknown_pixel_size_is_not_made_up() -> None:
    assert all("unit" not in axis for axis in axes(2, math.nan))
