"""What a configuration offers, under which names."""

from __future__ import annotations

import pytest

from drivers.micromanager.inventory import take_inventory
from drivers.micromanager.kind import MicroManagerConnection
from drivers.protocol import Alias
from tests.drivers.conftest import Open
from tests.drivers.micromanager.offered import settings

AWKWARD_LABELS = """
Device,XY.Stage 1,DemoCamera,DXYStage
Device,XY,DemoCamera,DStage
Device,Träger: Z,DemoCamera,DStage
Device,Preset,DemoCamera,DStage
Property,Core,Initialize,1
ConfigGroup,Focus,Near,XY,Position,3
"""


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
    assert connection.warnings == ("presets are left out: a device is called Preset",)


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


def test_what_is_loaded_and_not_initialized_is_left_out(demo: MicroManagerConnection) -> None:
    demo._core.loadDevice("New", "DemoCamera", "DStage")
    found = take_inventory(demo._core, buffer_mb=16)
    assert "New" not in found.devices
    assert set(found.devices) == set(demo.devices) - {"Preset"}
    (warning,) = found.warnings
    assert warning.startswith("New is left out: the configuration does not initialize it")


def test_what_a_device_does_not_answer_keeps_nothing_else_away(
    demo: MicroManagerConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    core = demo._core
    property_type = core.getPropertyType

    def no_answer(label: str, name: str) -> object:
        if name in ("Gain", "Position"):
            raise RuntimeError("no answer")
        return property_type(label, name)

    monkeypatch.setattr(core, "getPropertyType", no_answer)
    found = take_inventory(core, buffer_mb=16)
    names = {s.name for device in found.devices.values() for s in device.describe()}
    assert set(settings(demo)) - names == {
        "Camera.Gain",
        *(name for name in settings(demo) if name.startswith("Preset.")),
    }
    assert found.warnings == ["Camera.Gain is left out: Camera: asking what Gain is: no answer"]


def test_names_that_cannot_be_said_are_left_out(
    demo: MicroManagerConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An adapter that speaks in a code page: each byte comes as half of a surrogate pair."""
    core = demo._core
    names_of, choices_of = core.getDevicePropertyNames, core.getAllowedPropertyValues

    def names(label: str) -> tuple[str, ...]:
        return (*names_of(label), *(["Step_\udcb5m"] if label == "Z" else []))

    def choices(label: str, name: str) -> tuple[str, ...]:
        return (
            ("1 \udcb5m", "2")
            if (label, name) == ("Camera", "ScanMode")
            else choices_of(label, name)
        )

    monkeypatch.setattr(core, "getDevicePropertyNames", names)
    monkeypatch.setattr(core, "getAllowedPropertyValues", choices)
    found = take_inventory(core, buffer_mb=16)
    assert [warning.partition(" is left out")[0] for warning in found.warnings] == [
        "Camera.ScanMode",
        "Z.Step_µm",
    ]
    assert all(warning.isprintable() for warning in found.warnings)
