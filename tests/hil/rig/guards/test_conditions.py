"""What was commanded, sorted by what it may explain."""

from __future__ import annotations

from pathlib import Path

import pytest

import hil
from hil.rig.guards.conditions import Conditions, conditions, exposure_setting
from tests.hil.small_session import RIG

LIMIT = '\n[limits."camera.exposure_ms"]\ntolerance = 0.5\n'


@pytest.mark.parametrize(("text", "tolerance_ms"), [(RIG, 0.2), (RIG + LIMIT, 0.5)])
def test_settings_are_sorted(tmp_path: Path, text: str, tolerance_ms: float) -> None:
    (tmp_path / "rig.toml").write_text(text, encoding="utf-8")
    present = {
        "camera.exposure_ms": 20.0,
        "camera.binning": 2,
        "light.power_mw": 1.0,
        "focus.z_um": 0.5,
        "stage.x_um": 3.0,
    }
    with hil.load_rig(tmp_path / "rig.toml") as rig:
        assert exposure_setting(rig.safety, "camera") == "camera.exposure_ms"
        assert exposure_setting(rig.safety, "focus") == ""
        found = conditions(rig.safety, "camera", present, {"stage.x_um"})
    assert dict(found.switches) == {"camera.binning": 2}
    assert dict(found.lights) == {"light.power_mw": 1.0}
    assert "stage.x_um" not in dict(found.values)
    assert found.exposure_ms == 20.0
    assert found.exposure_tolerance_ms == pytest.approx(tolerance_ms)


@pytest.mark.parametrize(
    ("lights", "exposure_ms", "lit"),
    [
        ((), None, True),
        ((), 0.0, False),
        ((("lamp.power_mw", 0.0),), 10.0, False),
        ((("one.power_mw", 0.0), ("two.power_mw", 1.0)), 10.0, True),
        ((("lamp.power_mw", 1.0), ("shutter.State", 0)), 10.0, False),
        ((("lamp.power_mw", 1.0), ("shutter.State", 1)), 10.0, True),
    ],
)
def test_light_is_off_where_a_setting_says_so(
    lights: tuple[tuple[str, float | int], ...], exposure_ms: float | None, lit: bool
) -> None:
    assert Conditions(lights=lights, exposure_ms=exposure_ms).lit == lit


def test_exposures_compare_under_the_same_light() -> None:
    lamp, brighter = (("lamp.power_mw", 1.0),), (("lamp.power_mw", 2.0),)
    short = Conditions(lights=lamp, exposure_ms=10.0)
    assert Conditions(lights=lamp, exposure_ms=30.0).exposed_alike(short) == 3.0
    assert Conditions(lights=brighter, exposure_ms=30.0).exposed_alike(short) is None
    assert Conditions(lights=lamp).exposed_alike(short) is None
    assert Conditions(lights=lamp).exposed_alike(Conditions(lights=lamp)) == 1.0
