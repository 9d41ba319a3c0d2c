"""Presets, as settings that expand."""

from __future__ import annotations

from tests.drivers.conftest import Open
from tests.drivers.micromanager.offered import settings

PRESETS = """
Device,Camera,DemoCamera,DCam
Device,Wheel,DemoCamera,DWheel
Device,Shutter,DemoCamera,DShutter
Device,Z,DemoCamera,DStage
Property,Core,Initialize,1
Property,Core,Camera,Camera
Label,Wheel,0,Red
Label,Wheel,1,Green
ConfigGroup,Channel,Green,Wheel,State,1
ConfigGroup,Channel,Green,Z,Position,4.5
ConfigGroup,Channel,Green,Camera,Exposure,20
ConfigGroup,Channel,Green,Core,Shutter,Shutter
ConfigGroup,Channel,Green,Shutter,State,0
ConfigGroup,Channel,Reset all,Core,Initialize,0
ConfigGroup,Channel,Crash,Camera,SimulateCrash,Divide by Zero
ConfigGroup,Channel,Too long,Camera,Exposure,99999999
ConfigGroup,System,Startup,Wheel,Label,Red
ConfigGroup,System,Shutdown,Shutter,State,0
"""


def test_presets_expand_to_canonical_settings(open_config: Open) -> None:
    preset = settings(open_config(PRESETS))["Preset.Channel"]
    assert preset.expands["Green"] == {
        "Wheel.Label": "Green",
        "Z.position_um": 4.5,
        "Camera.exposure_ms": 20.0,
        "Camera.auto_shutter": "Shutter",
        "Shutter.State": 0,
    }


def test_presets_that_reach_what_is_not_offered_are_left_out(open_config: Open) -> None:
    names = settings(open_config(PRESETS))
    assert names["Preset.Channel"].choices == ("Green",)
    assert "Preset.System" not in names


def test_a_preset_is_applied_and_recognised(open_config: Open) -> None:
    connection = open_config(PRESETS)
    preset = connection.devices["Preset"]
    assert preset.read("Preset.Channel") == ""
    preset.start({"Preset.Channel": "Green"})
    preset.settle(5.0)
    assert preset.read("Preset.Channel") == "Green"
    assert connection.devices["Wheel"].read("Wheel.Label") == "Green"
    assert connection.devices["Camera"].read("Camera.auto_shutter") == "Shutter"
    connection.devices["Z"].start({"Z.position_um": 0.0})
    assert preset.read("Preset.Channel") == ""
