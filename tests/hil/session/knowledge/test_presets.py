"""Presets of a rig as first trials."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from hil.errors import InputError, SafetyError
from hil.session.knowledge.presets import first_trials
from hil.spec import SearchAxis

START = {"focus.z_um": 1.0, "lamp.power_mw": 50.0}
PRESETS = {
    "sharp": {"focus.z_um": 0.5, "wheel.filter": "GFP"},
    "far": {"focus.z_um": 9.0},
    "hot": {"focus.z_um": 0.25},
    "other": {"wheel.filter": "DAPI"},
}


def space(problem: str = "") -> Any:
    def check(values: dict[str, Any]) -> None:
        if values["focus.z_um"] == 0.25:
            raise SafetyError("too hot")

    return SimpleNamespace(
        axes=(
            SearchAxis(setting="focus.z_um", low=-2, high=2),
            SearchAxis(setting="lamp.power_mw", low=0, high=10),
        ),
        anchor={"focus.z_um": 0.0, "lamp.power_mw": 0.0},
        safety=SimpleNamespace(
            settings={"Preset.Channel": SimpleNamespace(expands=PRESETS)}, check=check
        ),
        problem=lambda values: problem,
    )


def test_all_of_them_that_may_be_measured() -> None:
    (one,) = first_trials(True, space(), START, "session.toml")
    assert one.name == "Preset.Channel=sharp"
    assert one.settings == {"focus.z_um": 0.5, "lamp.power_mw": 0.0}, "50 mW is not searched"
    assert first_trials(False, space(), START, "session.toml") == ()


def test_by_name() -> None:
    for name in ("sharp", "Preset.Channel=sharp"):
        (one,) = first_trials((name,), space(), START, "session.toml")
        assert one.name == "Preset.Channel=sharp"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("blunt", "no preset 'blunt', allowed: Preset.Channel=far, "),
        ("other", "sets nothing that is searched"),
        ("far", "focus.z_um = 9.0, searched: from -2 to 2"),
        ("hot", "too hot"),
    ],
)
def test_what_cannot_be_measured(name: str, said: str) -> None:
    with pytest.raises(InputError) as told:
        first_trials((name,), space(), START, "session.toml")
    assert said in str(told.value)
    assert str(told.value).startswith("session.toml: start.presets: ")
