"""Sequences of useq-schema: what they come to, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from drivers.errors import ConfigError
from drivers.micromanager.sequence import MOST_PLANES, read_sequence

CHANNELS = [
    {"group": "Channel", "config": "DAPI", "exposure": 5},
    {"group": "Channel", "config": "FITC", "exposure": 10},
]


def read(focus: str = "Z", **table: Any) -> list[tuple[str, dict[str, Any]]]:
    planes = read_sequence(json.dumps(table), "Camera", focus)
    return [(plane.name, dict(plane.settings)) for plane in planes]


def test_each_image_says_all_that_it_is_taken_at() -> None:
    found = read(channels=CHANNELS, z_plan={"bottom": -1, "top": 1, "step": 2}, axis_order="zc")
    assert [name for name, _ in found] == [
        "DAPI, z -1 um",
        "FITC, z -1 um",
        "DAPI, z 1 um",
        "FITC, z 1 um",
    ]
    assert found[3][1] == {
        "Preset.Channel": "FITC",
        "Camera.exposure_ms": 10.0,
        "Z.position_um": 1.0,
    }


def test_times_without_an_interval_are_images_of_their_own() -> None:
    found = read(z_plan={"absolute": [3]}, time_plan={"interval": 0, "loops": 3})
    assert [name for name, _ in found] == ["z 3 um", "z 3 um, time 1", "z 3 um, time 2"]
    assert all(settings == {"Z.position_um": 3.0} for _, settings in found)


def test_an_interval_says_when_each_image_is_due() -> None:
    table = {"channels": CHANNELS, "time_plan": {"interval": 2, "loops": 2}, "axis_order": "tc"}
    planes = read_sequence(json.dumps(table), "Camera", "")
    assert [plane.name for plane in planes] == ["DAPI", "FITC", "DAPI, time 1", "FITC, time 1"]
    assert [plane.after_s for plane in planes] == [0, 0, 2, 2]
    table["time_plan"] = {"duration": 9, "loops": 4}
    planes = read_sequence(json.dumps(table), "Camera", "")
    assert [plane.after_s for plane in planes] == [0, 0, 3, 3, 6, 6, 9, 9]


def test_yaml_is_read_too() -> None:
    planes = read_sequence("channels: [DAPI, Cy5]\nstage_positions: []\n", "Camera", "")
    assert [dict(plane.settings) for plane in planes] == [
        {"Preset.Channel": "DAPI"},
        {"Preset.Channel": "Cy5"},
    ]


@pytest.mark.parametrize(
    ("table", "key", "said"),
    [
        ({"channels": CHANNELS, "stage_positions": [[1, 2, 3]]}, "stage_positions", "[measure]"),
        ({"channels": CHANNELS, "grid_plan": {"rows": 1, "columns": 2}}, "grid_plan", "[measure]"),
        ({"channels": CHANNELS, "chanels": [1]}, "chanels", "allowed"),
        ({"channels": CHANNELS, "autofocus_plan": {"axes": ["c"]}}, "autofocus_plan", "allowed"),
        (
            {"channels": CHANNELS, "keep_shutter_open_across": ["z"]},
            "keep_shutter_open_across",
            "light",
        ),
        ({"channels": CHANNELS, "setup": {"exposure": 3}}, "setup", "[setup] of the rig file"),
        (
            {"channels": [{"config": "A", "exposre": 3}]},
            "channels.0.exposre",
            "unknown, allowed: c",
        ),
        ({"channels": ["A", {"config": "B", "camera": "C2"}]}, "channels.1.camera", "rig's camera"),
        ({"channels": [{"config": "A", "z_offset": 2}]}, "channels.0.z_offset", "only with z_plan"),
        ({"z_plan": {"absolute": [0, 1], "go_upp": False}}, "z_plan.go_upp", "unknown, allowed"),
        (
            {"channels": ["A"], "time_plan": {"interval": -1, "loops": 2}},
            "time_plan.interval",
            "0 s",
        ),
        ({"channels": [{"config": "A", "exposure": -1}]}, "channels.exposure", "greater than 0"),
        ({"z_plan": {"range": 4, "step": 1}}, "z_plan", "relative"),
        ({"channels": ["A"], "time_plan": {"interval": 4e3, "loops": 2}}, "time_plan", "3600 s"),
        (
            {"channels": CHANNELS, "time_plan": {"interval": 2, "loops": 2}, "axis_order": "ct"},
            "axis_order",
            "t comes first",
        ),
        ({"z_plan": {"bottom": 0, "top": MOST_PLANES, "step": 1}}, "z_plan", "more than 64"),
        ({"z_plan": {"bottom": 0, "top": 1e9, "step": 1e-9}}, "z_plan", "more than 64"),
        ({"z_plan": {"bottom": 0, "top": 2, "step": 0}}, "z_plan", "steps of 0 um"),
        ({"z_plan": {"bottom": 0, "top": float("inf"), "step": 1}}, "z_plan", "to inf um"),
        (
            {"channels": ["DAPI"], "time_plan": {"interval": 0, "loops": 10**8}},
            "time_plan.loops",
            "1 to 64",
        ),
        ({"channels": ["A"], "time_plan": {"interval": 1, "duration": 9}}, "time_plan", "loops"),
        ({"channels": ["A"], "time_plan": [{"interval": 0, "loops": 2}]}, "time_plan", "loops"),
        ({}, "", "takes nothing"),
        ({"time_plan": {"interval": 0, "loops": 2}}, "", "takes nothing"),
    ],
)
def test_refused(table: dict[str, Any], key: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said.replace("[", r"\[")) as refused:
        read(**table)
    assert refused.value.key == key
    assert "\n" not in str(refused.value)


def test_channels_may_be_left_out_at_times_and_in_planes_and_stand_elsewhere() -> None:
    one, other = {"config": "A", "exposure": 5}, {"config": "B", "exposure": 5}
    times = {"interval": 0, "loops": 3}
    planes = read(channels=[one, {**other, "acquire_every": 2}], time_plan=times)
    assert [name for name, _ in planes] == ["A", "B", "A, time 1", "A, time 2", "B, time 2"]
    stack = {"bottom": 0, "top": 4, "step": 2, "go_up": False}
    planes = read(channels=[one, {**other, "do_stack": False}], z_plan=stack)
    assert [name for name, _ in planes] == ["A, z 4 um", "A, z 2 um", "A, z 0 um", "B, z 2 um"]
    planes = read(channels=[one, {**other, "z_offset": 1.5}], z_plan={"absolute": [0, 2]})
    heights = [settings["Z.position_um"] for _, settings in planes]
    assert heights == [0, 2, 1.5, 3.5]


@pytest.mark.parametrize("text", ["{", "[1, 2]", "channels: [", "just words", ""])
def test_what_is_no_sequence(text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read_sequence(text, "Camera", "Z")
    assert "\n" not in str(refused.value)


def test_planes_without_a_focus_stage() -> None:
    with pytest.raises(ConfigError, match="no focus stage"):
        read(focus="", z_plan={"absolute": [1]})
