"""NDTiff of Micro-Manager."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hil.errors import InputError
from hil.frames.files import open_frames
from tests.hil.frames.written import ndtiff

CHANNELS = ("DAPI", "FITC")


def places(**lengths: Any) -> dict[tuple[tuple[str, Any], ...], np.ndarray]:
    keys = [tuple(zip(lengths, one, strict=True)) for one in product(*lengths.values())]
    rng = np.random.default_rng(1)
    return {key: rng.integers(0, 4000, (24, 20)).astype(np.uint16) for key in keys}


@pytest.mark.parametrize("name", ["", "NDTiff.index", "NDTiffStack.tif"])
def test_positions_are_fields_and_channels_are_none(tmp_path: Path, name: str) -> None:
    frames = places(position=range(3), channel=CHANNELS)
    ndtiff(tmp_path / "a", frames, {"ChNames": CHANNELS, "z-step_um": 0.5})
    found = open_frames(tmp_path / "a" / name)
    assert (found.axes, found.shape) == ("fcyx", (3, 1, 2, 24, 20))
    assert np.array_equal(found[2][0, 1], frames[("position", 2), ("channel", "FITC")])
    assert found.recorded == {
        "channels": "DAPI, FITC", "camera": "Cam", "exposure_ms": "10.0", "positions": "3",
        "z_step_um": "0.5",
    }  # fmt: skip


def test_channels_by_number_have_the_summarys_names(tmp_path: Path) -> None:
    frames = places(time=range(3), channel=range(2))
    ndtiff(tmp_path / "a", frames, {"ChNames": CHANNELS})
    assert open_frames(tmp_path / "a").recorded["channels"] == "DAPI, FITC"


def test_times_of_positions_have_to_be_told(tmp_path: Path) -> None:
    frames = places(position=range(3), time=range(2))
    ndtiff(tmp_path / "a", frames, {})
    with pytest.raises(InputError, match=r"axes PTYX of lengths \(3, 2, 24, 20\).*allowed: --axes"):
        open_frames(tmp_path / "a")
    found = open_frames(tmp_path / "a", "fryx")
    assert np.array_equal(found[1][1], frames[("position", 1), ("time", 1)])


def test_frames_that_were_never_taken(tmp_path: Path) -> None:
    frames = places(position=range(4), channel=CHANNELS)
    del frames[("position", 3), ("channel", "FITC")]
    ndtiff(tmp_path / "a", frames, {})
    with pytest.raises(InputError, match="1 of 4 frames are incomplete"):
        open_frames(tmp_path / "a")
    assert open_frames(tmp_path / "a", allow_missing=True).shape == (3, 1, 2, 24, 20)
    assert open_frames(tmp_path / "a", channel=0).shape == (4, 1, 24, 20)


def test_a_file_that_was_cut_off_lacks_frames(tmp_path: Path) -> None:
    ndtiff(tmp_path / "a", places(time=range(6)), {})
    whole = (tmp_path / "a" / "NDTiffStack.tif").read_bytes()
    (tmp_path / "a" / "NDTiffStack.tif").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"3 of 6 frames are incomplete: the file is damaged"):
        open_frames(tmp_path / "a")


def test_an_index_that_was_damaged_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ndtiff(tmp_path / "a", places(time=range(3)), {})
    index = tmp_path / "a" / "NDTiff.index"
    index.write_bytes(index.read_bytes().replace(b"time", b"ti\xffe", 1))
    with pytest.raises(InputError, match="is damaged, or not quite TIFF"):
        open_frames(tmp_path / "a")
    assert capsys.readouterr().err == ""
