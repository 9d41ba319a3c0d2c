"""Proposals are pulled inside joint limits, and only as far as they must."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.errors import InputError
from hil.session.repair import least, repair
from hil.spec import SearchAxis
from tests.hil.session_bench import Bench
from tests.hil.small_session import RIG, SESSION

AXES = (
    SearchAxis(setting="m.a", low=-100, high=100),
    SearchAxis(setting="m.b", low=-100, high=100, step=5),
)
ANCHOR = {"m.a": 0.0, "m.b": 0.0}


def stroke_above_90(values: Mapping[str, Any]) -> str:
    return "too much" if abs(values["m.a"]) + abs(values["m.b"]) > 90 else ""


def test_what_is_allowed_stays_as_it_is() -> None:
    assert repair({"m.a": 40.0, "m.b": 50.0}, AXES, ANCHOR, stroke_above_90) == {
        "m.a": 40.0,
        "m.b": 50.0,
    }


def test_a_point_outside_ends_on_the_limit() -> None:
    axes = tuple(axis.model_copy(update={"step": None}) for axis in AXES)
    repaired = repair({"m.a": 90.0, "m.b": -90.0}, axes, ANCHOR, stroke_above_90)
    assert abs(repaired["m.a"] - 45) < 1e-6
    assert abs(repaired["m.b"] + 45) < 1e-6


@given(a=st.floats(-100, 100), steps=st.integers(-20, 20))
def test_repair_is_allowed_stays_on_the_step_and_never_overshoots(a: float, steps: int) -> None:
    wanted = {"m.a": a, "m.b": 5.0 * steps}
    repaired = repair(wanted, AXES, ANCHOR, stroke_above_90)
    assert not stroke_above_90(repaired)
    assert repaired["m.b"] % 5 == 0
    assert abs(repaired["m.a"]) <= abs(a)
    assert abs(repaired["m.b"]) <= abs(5 * steps)


def test_the_anchor_is_the_least_value() -> None:
    assert least(AXES[0], towards_zero=True) == 0.0
    assert least(SearchAxis(setting="l.p", low=2, high=9), towards_zero=False) == 2
    assert least(SearchAxis(setting="m.a", low=-9, high=-2), towards_zero=True) == -2
    assert least(SearchAxis(setting="w.l", choices=("a", "b")), towards_zero=True) == "a"


def joint(rule: str) -> str:
    return RIG + f"\n[[limits_together]]\nsettings = ['stage.x_um', 'focus.z_um']\n{rule}\n"


def searching(low: float, high: float, measure: str) -> str:
    text = SESSION[: SESSION.index("[measure]")] + f"[measure]\nrepeats = 2\n{measure}\n"
    return text.replace("low = -1\nhigh = 1", f"low = {low}\nhigh = {high}") + (
        '[sampler]\nkind = "random"\n[finish]\nremeasure = 0\n'
    )


GRID = "grid = { columns = 2, rows = 1, step_um = 10 }"
LISTED = "fields = [{ 'stage.x_um' = -4 }, { 'stage.x_um' = 3 }]"


@pytest.mark.parametrize(
    ("rule", "low", "high", "measure"),
    [
        ("rule = 'sum_abs'\nhigh = 5.4", -1, 1, GRID),
        ("rule = 'sum'\nlow = -4.8\nhigh = 5.6", -1, 1, GRID),
        ("rule = 'norm'\nhigh = 4.1", -3, 3, LISTED),
        # where the least is outside at one field: z from 1 to 3 would do, but for x = -4
        ("rule = 'sum'\nlow = -2.0\nhigh = 5.9", 1, 3, LISTED),
    ],
    ids=["magnitudes", "sum", "norm", "another anchor"],
)
def test_a_limit_that_the_stage_is_part_of_holds_at_all_fields(
    tmp_path: Path, rule: str, low: float, high: float, measure: str
) -> None:
    bench = Bench(tmp_path)
    bench.write(joint(rule), searching(low, high, measure))
    bench.run(trials=4)
    assert bench.states() == ["COMPLETE"] * 4
    if measure == GRID:
        bench.resume(trials=5)
        assert bench.states() == ["COMPLETE"] * 5


def test_fields_at_which_nothing_is_allowed_are_told_before_anything_moves(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.write(joint("rule = 'sum_abs'\nhigh = 4"), searching(-1, 1, GRID))
    with pytest.raises(InputError, match="no settings in these ranges are allowed: sum_abs of"):
        bench.run()
    bench.write(
        joint("rule = 'sum_abs'\nhigh = 5.5"),
        searching(-1, 1, GRID) + "[reference]\nevery = 2\nsettings = { 'focus.z_um' = 0.9 }\n",
    )
    with pytest.raises(InputError, match=r"reference.settings: sum_abs of"):
        bench.run()
    assert not (tmp_path / "hil.db").exists()
