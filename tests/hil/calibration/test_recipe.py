"""The steps of a calibration: dark, then from dim to bright, then flat."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from hil.calibration.recipe import Recipe, plan_recipe
from hil.errors import InputError
from hil.rig.plan import Plan
from hil.rig.rig import Rig
from hil.spec import RigFile, RigSpec
from hil.spec.load import parse

RIG = """\
name = "small scope"
camera = "camera"
[[driver]]
kind = "sim.microscope"
height_px = 32
width_px = 32
scene_um = 60
[setup]
"light.power_mw" = 2.0
"camera.exposure_ms" = 20.0
[limits."light.power_mw"]
low = 0
high = 5
"""
RECIPE: dict[str, Any] = {
    "dark": {"set": {"light.power_mw": 0, "camera.exposure_ms": 0.1}},
    "vary": {"setting": "camera.exposure_ms", "low": 1, "high": 100, "points": 3},
}


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    path = Path("rig.toml")
    opened = Rig(Plan(RigFile(parse(RigSpec, RIG, path), RIG, path)))
    yield opened
    opened.close()


def _plan(rig: Rig, table: dict[str, Any], **options: Any) -> Recipe:
    spec = RigSpec.model_validate({**rig.spec.model_dump(), "calibrate": table})
    assert spec.calibrate is not None
    recipe = spec.calibrate
    return rig.run(lambda: plan_recipe(recipe, spec, rig.safety, "rig.toml", **options))


def test_dark_first_then_the_light_as_set_up(rig: Rig) -> None:
    recipe = _plan(rig, RECIPE, repeats=5)
    kinds = [(step.kind, step.n_frames) for step in recipe.steps]
    assert kinds == [("dark", 5), ("lit", 5), ("lit", 5), ("lit", 5)]
    assert recipe.steps[0].settings == {"light.power_mw": 0, "camera.exposure_ms": 0.1}
    assert [step.settings["light.power_mw"] for step in recipe.steps[1:]] == [2.0] * 3
    # 1 + 9 * (0, 0.5, 1), squared: equal steps of the shot noise
    assert [step.settings["camera.exposure_ms"] for step in recipe.steps[1:]] == [1, 30.25, 100]
    assert recipe.exposure_ms == 100
    assert recipe.varied == "camera.exposure_ms"


def test_a_flat_field_brings_as_many_dark_frames(rig: Rig) -> None:
    table = {**RECIPE, "flat": {"set": {"camera.exposure_ms": 50}, "frames": 40}}
    assert "flat" not in {step.kind for step in _plan(rig, table).steps}
    recipe = _plan(rig, table, flat=True)
    assert recipe.steps[0].n_frames == 40
    assert recipe.steps[-1].kind == "flat"
    assert recipe.steps[-1].settings == {"light.power_mw": 2.0, "camera.exposure_ms": 50}
    assert recipe.steps[-1].n_frames == 40


def test_a_light_level_is_a_level_of_light_and_an_exposure_is_not(rig: Rig) -> None:
    vary = {"setting": "light.power_mw", "low": 0.04, "high": 4, "points": 4}
    recipe = _plan(rig, {**RECIPE, "vary": vary, "set": {"camera.exposure_ms": 5.0}})
    lit = [step for step in recipe.steps if step.kind == "lit"]
    assert [step.light for step in lit] == pytest.approx([0.04, 0.64, 1.96, 4], rel=1e-6)
    assert {step.settings["camera.exposure_ms"] for step in lit} == {5.0}
    recipe = _plan(rig, {**RECIPE, "vary": {**vary, "proportional": False}})
    assert {step.light for step in recipe.steps if step.kind == "lit"} == {1.0}


class Mistake(NamedTuple):
    name: str
    table: dict[str, Any]
    says: str


MISTAKES = [
    Mistake("no such dark setting", {**RECIPE, "dark": {"set": {"lamp.on": 0}}},
            'calibrate.dark.set."lamp.on": no setting'),
    Mistake("nothing to vary", {**RECIPE, "vary": {**RECIPE["vary"], "setting": "camera.exposure"}},
            "calibrate.vary.setting: no setting 'camera.exposure', did you mean"),
    Mistake("too bright", {**RECIPE, "vary": {"setting": "light.power_mw", "low": 1, "high": 9}},
            "above the rig's limit 5"),
    Mistake("too short", {**RECIPE, "dark": {"set": {"camera.exposure_ms": 0.01}}},
            "camera.exposure_ms = 0.01, allowed"),
    Mistake("a range of choices", {**RECIPE, "vary": {**RECIPE["vary"], "setting": "camera.binning"}},
            "calibrate.vary: camera.binning has no range, allowed: choices"),
]  # fmt: skip


@pytest.mark.parametrize("case", MISTAKES, ids=lambda case: case.name)
def test_what_devices_do_not_take_is_named_before_anything_moves(case: Mistake, rig: Rig) -> None:
    before = rig.read()
    with pytest.raises(InputError) as caught:
        _plan(rig, case.table)
    assert case.says in str(caught.value)
    assert rig.read() == before


def test_flat_needs_a_recipe(rig: Rig) -> None:
    with pytest.raises(InputError, match="flat: missing"):
        _plan(rig, RECIPE, flat=True)
