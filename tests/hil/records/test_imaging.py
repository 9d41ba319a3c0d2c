"""What is known of frames, from what a session stores."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from hil.records.imaging import Imaging, binning_of, largest_overlap

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
    ("nested deeply", "[" * 50_000, {}, {}, math.nan),
    ("nested deeply, as TOML", "a = " + "[" * 50_000, {}, {}, math.nan),
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


OVERLAPS: dict[str, tuple[list[dict[str, float]], float, float, float]] = {
    "beside one another": ([{"s.x_um": 0, "s.y_um": 0}, {"s.x_um": 40, "s.y_um": 0}], 40, 40, 0.0),
    "half": ([{"s.x_um": 0, "s.y_um": 0}, {"s.x_um": 20, "s.y_um": 0}], 40, 40, 0.5),
    "a corner": ([{"s.x_um": 0, "s.y_um": 0}, {"s.x_um": 30, "s.y_um": 20}], 40, 40, 0.125),
    "the same place": ([{"s.x_um": 1, "s.y_um": 2}] * 3, 40, 40, 1.0),
    "of several the two nearest": (
        [{"s.x_um": x, "s.y_um": 0} for x in (0, 100, 130)],
        40,
        40,
        0.25,
    ),
    "wide, either way": ([{"s.x_um": 0, "s.y_um": 0}, {"s.x_um": 50, "s.y_um": 0}], 40, 80, 0.0),
    "no size of a pixel": ([{"s.x_um": 0, "s.y_um": 0}] * 2, float("nan"), float("nan"), 0.0),
    "planes of one field": ([{"z.position_um": 0}, {"z.position_um": 1}], 40, 40, 0.0),
    "one field": ([{"s.x_um": 0, "s.y_um": 0}], 40, 40, 0.0),
}


@pytest.mark.parametrize(("places", "height", "width", "share"), OVERLAPS.values(), ids=OVERLAPS)
def test_what_two_fields_share(
    places: list[dict[str, float]], height: float, width: float, share: float
) -> None:
    assert largest_overlap(places, height, width) == pytest.approx(share)
