"""Proposals are pulled inside joint limits, and only as far as they must."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hil.session.repair import least, repair
from hil.spec import SearchAxis

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
