"""What is known of frames, from what a session stores."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from hil.records.imaging import Imaging, binning_of

RIG = 'name = "scope"\n[optics]\npixel_size_um = 0.25\n'
BINNED = {"settings": [{"name": "cam.bin", "role": "binning"}, {"name": "z", "role": "focus"}]}


@pytest.mark.parametrize(("value", "binning"), [(2, 2), ("4", 4), ("2x2", 2)])
def test_binning_as_cameras_spell_it(value: int | str, binning: int) -> None:
    assert binning_of(value) == binning


SIZES: list[tuple[str, str, dict[str, Any], dict[str, Any], float]] = [
    ("no binning", RIG, {}, {}, 0.25),
    ("as it stands", RIG, {**BINNED, "binning": {"cam.bin": 2}}, {}, 0.5),
    ("by the setup", RIG + '[setup]\n"cam.bin" = 3\n', BINNED, {}, 0.75),
    ("by the trial", RIG, {**BINNED, "binning": {"cam.bin": 2}}, {"cam.bin": "4x4"}, 1.0),
    ("not noted", RIG, BINNED, {}, math.nan),
    ("spelt as nobody does", RIG, BINNED, {"cam.bin": "twice"}, math.nan),
    ("no pixel size", 'name = "scope"', {}, {}, math.nan),
    ("as JSON", json.dumps({"optics": {"pixel_size_um": 2}}), {}, {}, 2.0),
    ("no file at all", "{[", {}, {}, math.nan),
    ("other things under these names", 'optics = 3\nsetup = "x"', {}, {}, math.nan),
]


@pytest.mark.parametrize(("what", "rig", "extra", "settings", "size_um"), SIZES)
def test_the_size_of_a_pixel(
    what: str, rig: str, extra: dict[str, Any], settings: dict[str, Any], size_um: float
) -> None:
    found = Imaging.of("night", rig, extra).size_um(settings)
    assert found == pytest.approx(size_um, nan_ok=True)


def test_channels_have_the_names_of_the_sequence_where_there_are_as_many() -> None:
    planes = [{"name": "DAPI", "settings": {}}, {"name": "FITC", "settings": {}}]
    imaging = Imaging.of("night", RIG, {"layout": {"planes": planes}})
    assert imaging.channel_names(2) == ("DAPI", "FITC")
    assert imaging.channel_names(3) == ("channel 0", "channel 1", "channel 2")
    assert Imaging().channel_names(0) == ()
