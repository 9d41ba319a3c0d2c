"""Names of settings: canonical, alias, preset."""

from __future__ import annotations

from typing import Any

import pytest

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
