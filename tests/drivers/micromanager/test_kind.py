"""What is offered, under which names, and how a connection begins and ends."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from drivers.errors import DeviceFault, UnknownSetting
from drivers.micromanager.kind import KIND, MicroManagerConnection
from drivers.protocol import Alias, Setting

Open = Callable[..., MicroManagerConnection]
ROOT = Path(__file__).parents[3]
AWKWARD_LABELS = """
Device,XY.Stage 1,DemoCamera,DXYStage
Device,XY,DemoCamera,DStage
Device,Träger: Z,DemoCamera,DStage
Device,Preset,DemoCamera,DStage
Property,Core,Initialize,1
ConfigGroup,Focus,Near,XY,Position,3
"""
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


def settings(connection: MicroManagerConnection) -> dict[str, Setting]:
    return {s.name: s for device in connection.devices.values() for s in device.describe()}


# --- names ---------------------------------------------------------------------------------------


def test_awkward_labels_keep_their_names(open_config: Open) -> None:
    connection = open_config(AWKWARD_LABELS)
    names = settings(connection)
    assert {"XY.Stage 1.x_um", "XY.position_um", "Träger: Z.position_um"} <= names.keys()
    for label, device in connection.devices.items():
        for setting in device.describe():
            fitting = [x for x in connection.devices if setting.name.startswith(x + ".")]
            assert max(fitting, key=len) == label


def test_presets_give_way_to_a_device_of_that_name(open_config: Open) -> None:
    connection = open_config(AWKWARD_LABELS)
    assert {s.name for s in connection.devices["Preset"].describe()} >= {"Preset.position_um"}


@pytest.mark.parametrize(
    ("canonical", "alias"),
    [
        ("Z.position_um", Alias("Z.Position")),
        ("Camera.exposure_ms", Alias("Camera.Exposure")),
        ("Path.Label", Alias("Path.State", {0: "State-0", 1: "State-1", 2: "State-2"})),
    ],
)
def test_one_quantity_has_one_canonical_name(
    demo: MicroManagerConnection, canonical: str, alias: Alias
) -> None:
    names = settings(demo)
    assert names[canonical].aliases == (alias,)
    assert alias.name not in names


def test_what_is_never_offered(demo: MicroManagerConnection) -> None:
    names = settings(demo)
    assert not [name for name in names if name.startswith("Core.")]
    assert "Core" not in demo.devices
    hidden = {"Camera.SimulateCrash", "Camera.MaximumExposureMs", "Camera.OnCameraCCDXSize"}
    assert not hidden & names.keys()
    assert set(names["Camera.PixelType"].choices) == {"8bit", "16bit"}
    assert max(names["Camera.BitDepth"].choices) == 16  # type: ignore[type-var]


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Camera.exposure_ms", "exposure"),
        ("Camera.Binning", "binning"),
        ("Camera.region_x_px", "region"),
        ("Camera.BeadBrightness", "other"),
        ("Z.position_um", "position"),
        ("XY.y_um", "position"),
        ("White Light Shutter.State", "light"),
        ("LED Shutter.State", "light"),
        ("Emission.Label", "other"),
        ("Preset.Channel", "preset"),
    ],
)
def test_roles_say_what_brings_light_and_what_moves(
    demo: MicroManagerConnection, name: str, role: str
) -> None:
    assert settings(demo)[name].role == role


def test_only_stages_have_backlash(demo: MicroManagerConnection) -> None:
    for setting in settings(demo).values():
        assert (setting.backlash > 0) == (setting.role == "position")


# --- read-back -----------------------------------------------------------------------------------


def test_reads_pass_by_the_cores_cache(demo: MicroManagerConnection) -> None:
    stage = demo.devices["Z"]
    stage.start({"Z.position_um": 42.0})
    stage.settle(5.0)
    assert (
        float(demo._core.getSystemStateCache().getSetting("Z", "Position").getPropertyValue()) == 0
    )
    assert stage.read("Z.position_um") == 42.0


def test_four_decimals_are_what_is_read_back(demo: MicroManagerConnection) -> None:
    camera = demo.devices["Camera"]
    camera.start({"Camera.TestProperty3": 0.00123456})
    camera.settle(5.0)
    assert camera.read("Camera.TestProperty3") == 0.0012


# --- presets -------------------------------------------------------------------------------------


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


# --- beginning and end ---------------------------------------------------------------------------


def test_an_adapter_that_is_not_there_is_told(open_config: Open) -> None:
    with pytest.raises(DeviceFault, match=r"micromanager: loading rig.cfg: .*NoSuchAdapter"):
        open_config("Device,Cam,NoSuchAdapter,Cam\nProperty,Core,Initialize,1\n")


def test_two_connections_are_independent(open_config: Open) -> None:
    first, second = open_config(), open_config()
    first.devices["Z"].start({"Z.position_um": 5.0})
    first.devices["Z"].settle(5.0)
    assert second.devices["Z"].read("Z.position_um") == 0.0
    first.close()
    assert second.devices["Z"].read("Z.position_um") == 0.0


def test_versions_name_libraries_and_adapters(demo: MicroManagerConnection) -> None:
    assert {"pymmcore-plus", "pymmcore", "MMCore", "adapter DemoCamera"} <= demo.versions.keys()
    assert "Device API version" in demo.versions["adapter DemoCamera"]


def test_unknown_names_are_not_guessed(demo: MicroManagerConnection) -> None:
    with pytest.raises(UnknownSetting):
        demo.devices["Z"].read("Z.Position")  # an alias: others translate it


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60
    )


def test_import_does_not_load_the_core() -> None:
    done = run(
        "import sys, drivers.micromanager.kind as m; m.KIND.options({}, __import__('pathlib').Path())\n"
        "assert not [x for x in sys.modules if x.startswith(('pymmcore', 'mm_test'))]"
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("end", ["connection.close()", "pass"], ids=["closed", "left open"])
def test_the_interpreter_leaves_cleanly_while_a_stage_moves(end: str) -> None:
    """Callbacks that are pending at exit would abort it, with status 134."""
    for _ in range(3):
        done = run(
            "from pathlib import Path\n"
            "from drivers.micromanager.kind import KIND\n"
            "connection = KIND.open(KIND.options({}, Path()))\n"
            "connection.devices['XY'].start({'XY.x_um': 5000.0, 'XY.y_um': 5000.0})\n"
            "connection.devices['Camera'].start({'Camera.exposure_ms': 5.0})\n"
            f"{end}\n"
        )
        assert (done.returncode, done.stderr) == (0, "")


def test_an_open_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "rig.cfg").write_text("Device,Cam,DemoCamera,NoSuchDevice\n", encoding="utf-8")
    options = KIND.options({"config": "rig.cfg"}, tmp_path)
    for _ in range(2):
        with pytest.raises(DeviceFault, match="NoSuchDevice"):
            KIND.open(options)
