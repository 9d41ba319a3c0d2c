"""Names of settings: canonical, alias, preset."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.protocol import Alias, Setting
from hil.errors import SafetyError
from hil.rig.settings import RigSettings


def test_an_alias_means_its_setting_and_translates_the_value(benches: Any) -> None:
    settings = RigSettings(benches)
    assert settings.setting("Wheel.1.State").name == "Wheel.1.Label"
    assert settings.canonical("Wheel.1.State", 0) == ("Wheel.1.Label", "DAPI")
    assert settings.canonical("Wheel.1.Label", "DAPI") == ("Wheel.1.Label", "DAPI")


def test_a_preset_stands_for_its_settings_and_itself(benches: Any) -> None:
    targets = RigSettings(benches).targets({"Preset.Channel": "blue"})
    assert targets == {
        "Preset.Channel": "blue",
        "Wheel.1.Label": "DAPI",
        "laser.power_mw": 5.0,
    }


def test_a_preset_may_be_repeated_but_not_contradicted(benches: Any) -> None:
    settings = RigSettings(benches)
    assert settings.targets({"Preset.Channel": "blue", "Wheel.1.State": 0})
    with pytest.raises(SafetyError, match=r"laser\.power_mw is asked to be both"):
        settings.targets({"Preset.Channel": "blue", "laser.power_mw": 6.0})


class Other:
    """A device of another driver."""

    def __init__(self, *settings: Setting) -> None:
        self.label = "laser"
        self._settings = settings

    def describe(self) -> tuple[Setting, ...]:
        return self._settings


CLASHES = {
    "a setting of another's name": Setting("laser.power_mw", "float", "mw"),
    "an alias that hides a setting": Setting(
        "laser.x", "float", aliases=(Alias("laser.power_mw"),)
    ),
    "an alias of another's": Setting("laser.x", "float", aliases=(Alias("Wheel.1.State"),)),
}


@pytest.mark.parametrize("setting", CLASHES.values(), ids=CLASHES)
def test_what_two_settings_would_be_called_is_refused(benches: Any, setting: Setting) -> None:
    """Limits of the one would hold for the other."""
    with pytest.raises(SafetyError, match="two settings are named"):
        RigSettings({**benches, "laser again": Other(setting)}).check_names()


def test_a_preset_of_what_no_device_has_is_refused(benches: Any) -> None:
    preset = Setting(
        "laser.on", "choice", choices=("a",), role="preset", expands={"a": {"laser.powr_mw": 1}}
    )
    with pytest.raises(SafetyError, match=r"sets 'laser\.powr_mw', which no device has"):
        RigSettings({**benches, "laser again": Other(preset)}).check_names()


def test_names_that_differ_are_let_be(benches: Any) -> None:
    RigSettings(benches).check_names()


def test_reading_answers_under_canonical_names(benches: Any) -> None:
    settings = RigSettings(benches)
    assert list(settings.read(["Wheel.1.State", "Z.position_um"])) == [
        "Wheel.1.Label",
        "Z.position_um",
    ]
    assert settings.owner("Wheel.1.Label") is benches["Wheel.1"]


def test_a_table_of_the_rig_file_says_where_it_is_wrong(benches: Any) -> None:
    with pytest.raises(SafetyError, match=r"did you mean 'Z\.position_um'") as caught:
        RigSettings(benches).canonical_table("setup", {"Z.position_m": 1.0})
    assert caught.value.key == 'setup."Z.position_m"'
