"""Which axis of a file is what."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import tifffile

from hil.errors import InputError
from hil.frames.files import open_frames
from tests.hil.frames.stored import FRAMES


class Read(NamedTuple):
    says: str
    axes: str | None
    stored: str  # letters of FRAMES' axes f r y x, and c, in the order of the file
    shape: tuple[int, ...]
    channel: int | None = None


@pytest.mark.parametrize(
    "read",
    [
        Read("a single image", None, "yx", (1, 1, 24, 20)),
        Read("fields first", None, "fyx", (5, 1, 24, 20)),
        Read("channels in the middle", None, "frcyx", (5, 2, 3, 24, 20)),
        Read("repeats first", "rfyx", "rfyx", (5, 2, 24, 20)),
        Read("repeats alone", "ryx", "ryx", (1, 2, 24, 20)),
        Read("channels last", "fyxc", "fyxc", (5, 1, 3, 24, 20)),
        Read("one channel", "fryxc", "fryxc", (5, 2, 24, 20), 2),
        Read("transposed", "xyrf", "xyrf", (5, 2, 24, 20)),
        Read("in capitals", "FRYX", "fryx", (5, 2, 24, 20)),
    ],
    ids=lambda read: read.says,
)
def test_axes_are_put_in_order(tmp_path: Path, read: Read) -> None:
    whole = np.stack([FRAMES, FRAMES + 1, FRAMES + 2], axis=2)  # f r c y x
    index = tuple(slice(None) if one in read.stored else 0 for one in "frcyx")
    kept = [one for one in "frcyx" if one in read.stored]
    np.save(tmp_path / "a.npy", whole[index].transpose([kept.index(one) for one in read.stored]))
    found = open_frames(tmp_path / "a.npy", read.axes, read.channel)
    assert found.shape == read.shape
    repeats = whole[:, : read.shape[1], read.channel or 0]
    for number in range(read.shape[0]):
        field = found[number]
        assert field.shape == read.shape[1:]
        first = field[:, 0] if field.ndim == 4 else field
        assert np.array_equal(first, repeats[number])


def test_several_axes_of_fields_count_as_one(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", FRAMES.reshape(5, 2, 24, 20))
    found = open_frames(tmp_path / "a.npy", "ffyx")
    assert found.shape == (10, 1, 24, 20)
    assert np.array_equal(found[7][0], FRAMES[3, 1])


@pytest.mark.parametrize(
    ("axes", "words"),
    [
        ("fyx", "names 3 axes"),
        ("frzx", "one letter an axis"),
        ("ffxx", "y and x once each"),
        ("ccyx", "one letter an axis"),
    ],
)
def test_axes_that_cannot_be_are_refused(tmp_path: Path, axes: str, words: str) -> None:
    np.save(tmp_path / "a.npy", FRAMES)
    with pytest.raises(InputError, match=words):
        open_frames(tmp_path / "a.npy", axes)


def test_channels_that_are_not_there_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", FRAMES)
    with pytest.raises(InputError, match="2 of them, from 0"):
        open_frames(tmp_path / "a.npy", "fcyx", 2)
    with pytest.raises(InputError, match="no channel axis"):
        open_frames(tmp_path / "a.npy", channel=0)


def test_a_microscopes_axes_are_asked_for_where_they_may_be_repeats(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, FRAMES, imagej=True, metadata={"axes": "TZYX"})
    with pytest.raises(InputError, match=r"axes TZYX of lengths \(5, 2, 24, 20\).*allowed: --axes"):
        open_frames(path)
    assert open_frames(path, "fryx").shape == (5, 2, 24, 20)
    tifffile.imwrite(path, FRAMES, imagej=True, metadata={"axes": "TCYX"})
    assert open_frames(path).axes == "fcyx"


def test_colour_in_arrays_is_asked_for(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((4, 32, 32, 3), np.uint8))
    with pytest.raises(InputError, match=r"looks like colour images.*--axes"):
        open_frames(tmp_path / "a.npy")
    assert open_frames(tmp_path / "a.npy", "fyxc").shape == (4, 1, 3, 32, 32)


@pytest.mark.parametrize("n", [5, 12])
def test_imagej_frames_on_the_channel_axis_are_asked_for(tmp_path: Path, n: int) -> None:
    frames = np.resize(FRAMES[:, 0], (n, 24, 20))
    tifffile.imwrite(tmp_path / "a.tif", frames, imagej=True, metadata={"axes": "CYX"})
    with pytest.raises(InputError, match=rf"{n} channels without names.*--axes, fyx.*cyx"):
        open_frames(tmp_path / "a.tif")
    assert open_frames(tmp_path / "a.tif", "fyx").shape == (n, 1, 24, 20)
    assert open_frames(tmp_path / "a.tif", "cyx").shape == (1, 1, n, 24, 20)


@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((96, 96, 12), "yxf"),
        ((96, 96, 40), "yxf"),
        ((96, 128, 12), "yxf"),
        ((64, 64, 300), "yxf"),
        ((96, 96, 12, 2), "yxfr"),
        ((96, 96, 3, 12, 2), "yxcfr"),
    ],
)
def test_frames_on_the_last_axis_are_asked_for(
    tmp_path: Path, shape: tuple[int, ...], axes: str
) -> None:
    frames = np.random.default_rng(0).integers(0, 4000, shape).astype(np.uint16)
    np.save(tmp_path / "a.npy", np.asfortranarray(frames))
    tifffile.imwrite(tmp_path / "a.tif", frames, photometric="minisblack")
    for name in ("a.npy", "a.tif"):
        with pytest.raises(InputError, match=f"last axis; allowed: --axes {axes}, or"):
            open_frames(tmp_path / name)
        found = open_frames(tmp_path / name, axes)
        assert found.shape[-2:] == shape[:2]
        assert found.shape[0] == shape[axes.index("f")]


@pytest.mark.parametrize("shape", [(12, 96, 96), (100, 64, 512), (1000, 512, 512), (16, 2, 64, 64)])
def test_frames_on_the_first_axis_are_not(tmp_path: Path, shape: tuple[int, ...]) -> None:
    np.save(tmp_path / "a.npy", np.zeros(shape, np.uint8))
    assert open_frames(tmp_path / "a.npy").shape[-2:] == shape[-2:]
