"""Devices of Utilities to which nothing is assigned: they are told, and keep nothing else away."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from drivers.protocol import Camera
from tests.drivers.conftest import Open
from tests.drivers.micromanager.offered import settings

OTHERS = """
Device,Camera,DemoCamera,DCam
Device,DA,DemoCamera,D-DA
Device,Z,DemoCamera,DStage
Device,Y,DemoCamera,DStage
Device,XY,DemoCamera,DXYStage
Device,Shutter,DemoCamera,DShutter
Device,Wheel,DemoCamera,DStateDevice
"""
READY = "Property,Core,Initialize,1\n"


class Combined(NamedTuple):
    device: str
    own: str
    assigned: str


COMBINED = [
    Combined("Multi Shutter", "X.State", "Property,X,Physical Shutter 1,Shutter"),
    Combined("Multi Stage", "X.position_um", "Property,X,PhysicalStage-2,Z"),
    Combined(
        "Combo XY Stage",
        "X.x_um",
        "Property,X,PhysicalStage-X,Z\nProperty,X,PhysicalStage-Y,Y",
    ),
    Combined("Single Axis Stage", "X.position_um", "Property,X,PhysicalStage,XY"),
    Combined("DA Shutter", "X.State", "Property,X,DA Device,DA"),
    Combined("DA TTL State Device", "X.Label", "Property,X,DADevice-0,DA"),
    Combined("Multi DA State Device", "X.Label", "Property,X,DADevice-0,DA"),
    Combined("State Device Shutter", "X.State", "Property,X,State Device,Wheel"),
    Combined(
        "Property Shutter",
        "X.State",
        "Property,X,Target Device,Wheel\nProperty,X,Target Property,State",
    ),
    Combined("Stage State Device", "X.Label", "Property,X,PhysicalStage,Z"),
]


@pytest.mark.parametrize("case", COMBINED, ids=lambda case: case.device)
def test_what_is_made_of_nothing_is_told(open_config: Open, case: Combined) -> None:
    connection = open_config(OTHERS + f"Device,X,Utilities,{case.device}\n" + READY)
    names = settings(connection)
    assert case.own not in names
    assert {"Camera.exposure_ms", "Z.position_um", "XY.x_um", "Shutter.State"} <= names.keys()
    assert connection.warnings[0].startswith(
        "X is left out but for its properties: nothing is assigned to it ("
    )


@pytest.mark.parametrize("case", COMBINED, ids=lambda case: case.device)
def test_what_is_made_of_others_is_offered(open_config: Open, case: Combined) -> None:
    connection = open_config(
        OTHERS + f"Device,X,Utilities,{case.device}\n" + READY + case.assigned + "\n"
    )
    names = settings(connection)
    assert case.own in names
    assert connection.devices["X"].read(case.own) in (0, 1, *names[case.own].choices)
    assert connection.warnings == ()


def test_frames_are_taken_past_a_shutter_of_nothing(open_config: Open) -> None:
    connection = open_config(
        "Device,None yet,Utilities,Property Shutter\n"
        + OTHERS
        + READY
        + "Property,Core,Shutter,None yet\n"
    )
    assert "no shutter is opened for frames: the core's was None yet" in connection.warnings
    assert settings(connection)["Camera.auto_shutter"].choices == ("", "Shutter")
    camera = connection.devices["Camera"]
    assert isinstance(camera, Camera)
    assert len(list(camera.capture(2, 5.0))) == 2
