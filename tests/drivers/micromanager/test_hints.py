"""What a configuration says that a first rig file can use."""

from __future__ import annotations

import pytest

from drivers.protocol import DraftHints
from tests.drivers.conftest import Open

CAMERAS = """
Device,Left,DemoCamera,DCam
Device,Right,DemoCamera,DCam
Device,Both,Utilities,Multi Camera
Property,Core,Initialize,1
Property,Both,Physical Camera 1,Left
Property,Both,Physical Camera 2,Right
"""
SIZES = """
Device,Camera,DemoCamera,DCam
Device,Objective,DemoCamera,DObjective
Property,Core,Initialize,1
Property,Camera,Binning,2
Label,Objective,1,10x
Label,Objective,3,40x
ConfigPixelSize,Res10x,Objective,Label,10x
ConfigPixelSize,Res40x,Objective,Label,40x
ConfigPixelSize,Gone,Ghost,Label,1
PixelSize_um,Res10x,0.65
PixelSize_um,Res40x,0.1625
PixelSize_um,Gone,3
"""


@pytest.mark.parametrize(
    ("role", "camera"),
    [("Right", "Right"), ("Left", "Left"), ("Both", "Left")],
    ids=["the core's own", "the first", "not one that gives several"],
)
def test_the_camera_is_the_cores_if_it_gives_its_own_frames(
    open_config: Open, role: str, camera: str
) -> None:
    connection = open_config(CAMERAS + f"Property,Core,Camera,{role}\n")
    assert connection.hints() == DraftHints(camera)
    assert connection._core.getCameraDevice() == role
    (warning,) = connection.warnings
    assert "Both gives the frames of 2 cameras at once" in warning


def test_without_a_camera_none_is_named(open_config: Open) -> None:
    connection = open_config("Device,Z,DemoCamera,DStage\nProperty,Core,Initialize,1\n")
    assert connection.hints() == DraftHints()


@pytest.mark.parametrize(
    ("place", "preset", "size_um"), [(1, "Res10x", 0.65), (3, "Res40x", 0.1625), (0, "", None)]
)
def test_the_size_of_a_pixel_is_that_of_the_present_preset_unbinned(
    open_config: Open, place: int, preset: str, size_um: float | None
) -> None:
    hints = open_config(SIZES + f"Property,Objective,State,{place}\n").hints()
    assert hints.pixel_size_um == size_um
    assert preset in hints.pixel_size_of
    assert bool(hints.pixel_size_of) == bool(preset)
