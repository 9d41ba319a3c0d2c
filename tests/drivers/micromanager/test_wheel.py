"""What the places of a wheel are called."""

from __future__ import annotations

import pytest

from drivers.micromanager.inventory import take_inventory
from drivers.micromanager.kind import MicroManagerConnection
from tests.drivers.conftest import Open
from tests.drivers.micromanager.offered import settings

WHEEL = """
Device,Wheel,DemoCamera,DStateDevice
Property,Wheel,Number of positions,{count}
Property,Core,Initialize,1
"""


def wheel(open_config: Open, *names: str, more: str = "") -> MicroManagerConnection:
    lines = [f"Label,Wheel,{place},{name}" for place, name in enumerate(names)]
    return open_config(WHEEL.format(count=len(names)) + "\n".join(lines) + "\n" + more)


def test_a_name_at_two_places_names_neither(open_config: Open) -> None:
    connection = wheel(open_config, "Empty", "DAPI", "Empty", "FITC")
    setting = settings(connection)["Wheel.Label"]
    assert setting.choices == ("position 0", "DAPI", "position 2", "FITC")
    assert setting.aliases[0].values == dict(enumerate(setting.choices))
    (warning,) = connection.warnings
    assert "Wheel is offered by number at the places 0, 2: 'Empty'" in warning


def test_a_label_that_looks_like_a_number_is_not_taken_for_one(open_config: Open) -> None:
    connection = wheel(open_config, "Empty", "position 2", "Empty", "DAPI")
    choices = settings(connection)["Wheel.Label"].choices
    assert choices == ("position 0", "position 1", "position 2", "DAPI")


def test_a_place_that_lost_its_label_is_named_by_its_number(open_config: Open) -> None:
    """The core takes a label from the place that had it before."""
    connection = wheel(open_config, "DAPI", "FITC", more="Label,Wheel,1,DAPI\n")
    assert settings(connection)["Wheel.Label"].choices == ("position 0", "position 1")
    (warning,) = connection.warnings
    assert "Wheel is offered by number at the places 0, 1: 'DAPI' stands at several" in warning


@pytest.mark.parametrize("place", ["position 0", "DAPI", "position 2"])
def test_every_place_is_reached(open_config: Open, place: str) -> None:
    device = wheel(open_config, "Empty", "DAPI", "Empty").devices["Wheel"]
    device.start({"Wheel.Label": place})
    device.settle(5.0)
    assert device.read("Wheel.Label") == place


def test_a_preset_means_the_place_that_the_core_means(open_config: Open) -> None:
    connection = wheel(
        open_config, "Empty", "DAPI", "Empty", more="ConfigGroup,Light,Bright,Wheel,Label,Empty\n"
    )
    preset = settings(connection)["Preset.Light"]
    assert preset.expands["Bright"] == {"Wheel.Label": "position 2"}
    connection._core.setConfig("Light", "Bright")
    assert connection.devices["Wheel"].read("Wheel.Label") == "position 2"


SWITCH = (
    "Device,Hub,SequenceTester,THub\nDevice,Switch,SequenceTester,TSwitcher-0\n"
    "Parent,Switch,Hub\nProperty,Core,Initialize,1\n"
)


def test_places_without_labels_go_by_number_beside_those_with(open_config: Open) -> None:
    connection = open_config(SWITCH + "Label,Switch,1,Open\n")
    choices = settings(connection)["Switch.Label"].choices
    assert choices[:3] == ("position 0", "Open", "position 2")
    (warning,) = connection.warnings
    assert warning.startswith("Switch is offered by number at the places 0, 2, ")
    assert warning.endswith(": they have no label")


def test_one_that_does_not_count_its_places_keeps_nothing_else_away(
    open_config: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = open_config(SWITCH)
    core = connection._core

    def no_answer(label: str) -> int:
        raise RuntimeError("no answer")

    monkeypatch.setattr(core, "getNumberOfStates", no_answer)
    found = take_inventory(core, buffer_mb=16)
    assert list(found.devices) == ["Hub", "Switch"]
    assert found.warnings == [
        "the places of Switch are left out: Switch: reading its labels: no answer"
    ]


def test_one_without_labels_has_positions(open_config: Open) -> None:
    connection = open_config(SWITCH)
    setting = settings(connection)["Switch.State"]
    assert setting.choices == tuple(range(len(setting.choices))) != ()
    device = connection.devices["Switch"]
    device.start({"Switch.State": 3})
    device.settle(5.0)
    assert device.read("Switch.State") == 3
