"""Frames in files of other programs, read back by those programs' readers and by this one."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hil.errors import InputError
from hil.frames.files import open_frames
from hil.report.frame_files.stack import TrialStack
from hil.report.frame_files.writing import write_frames


def stack_of(*shape: int, size_um: float = 0.25) -> TrialStack:
    pixels = np.arange(math.prod(shape), dtype=np.uint16).reshape(shape)
    channels = tuple(f"channel {i}" for i in range(shape[2])) if len(shape) == 5 else ()
    title = 'a <"b">, trial 3'
    return TrialStack(pixels, size_um, 7.5, 4095, tuple(range(shape[0])), title, channels, {})


GREY, COLOURED = (3, 2, 5, 7), (3, 2, 4, 5, 7)


@pytest.mark.parametrize("shape", [GREY, COLOURED])
def test_numpy_has_the_frames_as_they_are_stored(tmp_path: Path, shape: tuple[int, ...]) -> None:
    stack = stack_of(*shape)
    write_frames(stack, tmp_path / "a.npy")
    assert np.array_equal(np.load(tmp_path / "a.npy"), stack.pixels)


@pytest.mark.parametrize("shape", [GREY, COLOURED])
def test_ngff_is_valid_and_says_axes_scale_and_channels(
    tmp_path: Path, shape: tuple[int, ...]
) -> None:
    yaozarrs = pytest.importorskip("yaozarrs", reason="pymmcore-plus brings it")
    stack, path = stack_of(*shape), tmp_path / "a.zarr"
    write_frames(stack, path)
    yaozarrs.validate_zarr_store(path)
    image: Any = yaozarrs.open_group(path).ome_metadata()
    told = image.multiscales[0]
    names = [axis.name for axis in told.axes]
    assert names == [*["repeat", "channel"][: len(shape) - 3], "field", "y", "x"]
    assert told.datasets[0].scale_transform.scale == [*[1.0] * (len(shape) - 2), 0.25, 0.25]
    assert told.axes[-1].unit == "micrometer"
    # NGFF 0.5: time, then a channel or one axis of another type, then two or three of space.
    kinds = [axis.type for axis in told.axes]
    assert kinds[0] == "time" and kinds[-2:] == ["space", "space"]
    assert len({*kinds} - {"time", "channel", "space"}) <= 1
    if len(shape) == 5:
        assert [one.label for one in image.omero.channels] == [f"channel {i}" for i in range(4)]
    ours = open_frames(path)
    assert np.array_equal(np.stack([ours[i] for i in range(3)]), stack.pixels)


def test_a_dark_frame_is_not_taken_for_one_that_was_never_written(tmp_path: Path) -> None:
    dark = TrialStack(np.zeros(GREY, np.uint8), math.nan, 1.0, 255, (0, 1, 2), "dark", (), {})
    write_frames(dark, tmp_path / "a.zarr")
    ours = open_frames(tmp_path / "a.zarr")
    assert not np.stack([ours[i] for i in range(3)]).any()


@pytest.mark.parametrize("shape", [GREY, COLOURED])
def test_ome_tiff_has_repeats_along_t_and_fields_along_z(
    tmp_path: Path, shape: tuple[int, ...]
) -> None:
    import tifffile

    stack, path = stack_of(*shape), tmp_path / "a.tif"
    write_frames(stack, path)
    with tifffile.TiffFile(path) as file:
        assert file.is_ome
        series = file.series[0]
        assert series.axes == ("TZYX" if len(shape) == 4 else "TCZYX")
        assert np.array_equal(series.asarray(), stack.repeats_first)
        told = tifffile.xml2dict(file.ome_metadata or "")["OME"]["Image"]
    assert told["Name"] == 'a <"b">, trial 3'
    pixels = told["Pixels"]
    assert (pixels["PhysicalSizeX"], pixels["PhysicalSizeY"]) == (0.25, 0.25)
    assert pixels["PhysicalSizeXUnit"] == "µm"
    assert all(one["ExposureTime"] == 7.5 for one in pixels["Plane"])
    if len(shape) == 5:
        assert [one["Name"] for one in pixels["Channel"]] == [f"channel {i}" for i in range(4)]
    ours = open_frames(path, axes="rfyx" if len(shape) == 4 else "rcfyx")
    assert np.array_equal(np.stack([ours[i] for i in range(3)]), stack.pixels)


@pytest.mark.parametrize("shape", [GREY, COLOURED])
def test_imagej_is_told_in_its_own_words_and_others_are_told_by_ome(
    tmp_path: Path, shape: tuple[int, ...]
) -> None:
    """ImageJ takes the last description of the first page, OME's readers the first."""
    import tifffile

    stack = stack_of(*shape)
    write_frames(stack, tmp_path / "a.tif")
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert len(file.pages) == math.prod(stack.repeats_first.shape[:-2])
        tags = file.pages.first.tags
        ome, imagej = (tag.value for tag in tags.getall(270))
        x, unit = tags["XResolution"].value, tags["ResolutionUnit"].value
        codes = [tag.code for tag in tags]
    assert ome.startswith("<?xml")
    assert imagej.startswith("ImageJ=\n")  # any version there, and it reads one page on
    words = dict(line.split("=") for line in imagej.splitlines())
    n_channels = shape[2] if len(shape) == 5 else 1
    said = [int(words[key]) for key in ("frames", "channels", "slices")]
    assert said == [shape[1], n_channels, shape[0]]
    assert int(words["images"]) == math.prod(said)
    assert (words["hyperstack"], words["unit"]) == ("true", "micron")
    assert (x[0] / x[1], unit) == (4.0, 1)  # pixels per micrometre
    assert codes == sorted(codes)


def test_an_unknown_pixel_size_is_not_made_up(tmp_path: Path) -> None:
    import tifffile
    import zarr

    stack = stack_of(*GREY, size_um=math.nan)
    write_frames(stack, tmp_path / "a.tif")
    write_frames(stack, tmp_path / "a.zarr")
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert "PhysicalSize" not in (file.ome_metadata or "")
        assert "unit" not in file.pages.first.tags.getall(270)[1].value
    said: Any = zarr.open_group(tmp_path / "a.zarr", mode="r").attrs["ome"]
    assert "unit" not in said["multiscales"][0]["axes"][-1]


WRONG = [("a.png", "ends in"), ("none/a.tif", "no folder"), ("there.zarr", "is there")]


@pytest.mark.parametrize(("name", "told"), WRONG)
def test_wrong_names_leave_nothing(tmp_path: Path, name: str, told: str) -> None:
    (tmp_path / "there.zarr").mkdir()
    with pytest.raises(InputError, match=told):
        write_frames(stack_of(*GREY), tmp_path / name)
    assert [one.name for one in tmp_path.iterdir()] == ["there.zarr"]


def test_a_file_that_is_there_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(b"old")
    write_frames(stack_of(*GREY), path)
    assert path.read_bytes()[:2] in (b"II", b"MM")
    assert [one.name for one in tmp_path.iterdir()] == ["a.tif"]


@pytest.mark.parametrize("name", ["\x1b[2J", "a\ufffe", "]]>\n\u202e\U0001f52c"])
def test_the_xml_of_ome_tiff_is_whole_whatever_the_names(tmp_path: Path, name: str) -> None:
    import tifffile

    stack = replace(stack_of(*COLOURED), title=name, channels=(name,) * 4, about={name: name})
    write_frames(stack, tmp_path / "a.tif")
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        ElementTree.fromstring(file.ome_metadata or "")
