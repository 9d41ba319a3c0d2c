"""The order of moves, case by case, and at rigs with random limits."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from benchmarks.limit_streams import Stream
from drivers.types import Value
from hil.rig.moves.joint import JointLimit, RowsLimit, SizeLimit
from hil.rig.moves.planner import MoveRefusal, plan_moves
from hil.rig.moves.tracks import Track


def sum_limit(high: float, low: float = -np.inf) -> JointLimit:
    rows = np.ones((1, 2)), np.zeros(1), np.array([low]), np.array([high])
    return RowsLimit(("a", "b"), "limits_together.0", *rows)


ABS = SizeLimit(("a", "b"), "limits_together.0", "sum_abs", 10.0)


class Case(NamedTuple):
    name: str
    present: dict[str, Value]
    targets: dict[str, Value]
    tracks: dict[str, dict[str, Any]]
    joint: tuple[JointLimit, ...]
    legs: list[dict[str, Value]]


CASES = [
    Case("what goes at once goes at once", {"a": 0, "b": 0}, {"a": 4, "b": 5}, {}, (ABS,),
         [{"a": 4.0, "b": 5.0}]),
    Case("the old comes down before the new goes up", {"a": 9, "b": 0}, {"b": 9, "a": 0}, {},
         (sum_limit(10),), [{"a": 0.0}, {"b": 9.0}]),
    Case("a sum that must not fall either goes in parts", {"a": 0, "b": 10}, {"a": 10, "b": 0}, {},
         (sum_limit(15, 5),), [{"a": 5.0, "b": 5.0}, {"a": 10.0, "b": 0.0}]),
    Case("light goes down first", {"a": 0, "b": 5}, {"a": 1, "b": 2}, {"b": {"light": True}}, (),
         [{"b": 2}, {"a": 1}]),
    Case("light comes up last", {"a": 0, "b": 1}, {"b": 5, "a": 1}, {"b": {"light": True}}, (),
         [{"a": 1}, {"b": 5}]),
    Case("approached from below", {"a": 5}, {"a": 2}, {"a": {"backlash": 1.0}}, (),
         [{"a": 1.0}, {"a": 2}]),
    Case("an approach that a limit lets half through", {"a": 0, "b": 5}, {"a": -4.5},
         {"a": {"backlash": 1.0}}, (ABS,), [{"a": -5.0}, {"a": -4.5}]),
    Case("no approach where there is no room for it", {"a": 0, "b": 5}, {"a": -5},
         {"a": {"backlash": 1.0}}, (ABS,), [{"a": -5}]),
    Case("an approach goes before what takes its room", {"a": 3, "b": 0}, {"a": -2, "b": 8},
         {"a": {"backlash": 2.0}}, (ABS,), [{"a": -4.0}, {"a": -2}, {"b": 8}]),
    Case("steps no larger than allowed", {"a": 0.0}, {"a": 5.0}, {"a": {"max_step": 2.0}}, (),
         [{"a": 5 / 3}, {"a": 10 / 3}, {"a": 5.0}]),
    Case("whole steps", {"a": 0}, {"a": 5}, {"a": {"max_step": 2.5, "whole": True}}, (),
         [{"a": 2}, {"a": 4}, {"a": 5}]),
    Case("from outside one may come inside", {"a": 20, "b": 0}, {"a": 1, "b": 1}, {}, (ABS,),
         [{"a": 1}, {"b": 1}]),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_moves_are_ordered(case: Case) -> None:
    tracks = {
        name: Track(name, **({"approach": "rising"} | case.tracks.get(name, {})))
        for name in case.targets
    }
    legs = plan_moves(case.present, case.targets, tracks, case.joint)
    assert not isinstance(legs, MoveRefusal), legs
    assert [dict(leg.values) for leg in legs] == [pytest.approx(leg) for leg in case.legs]


@pytest.mark.parametrize(
    ("present", "targets", "limit", "track", "says"),
    [
        ({"a": 0, "b": 10}, {"a": 10, "b": 0}, sum_limit(10, 10), {}, "no order of moves keeps it"),
        ({"a": 0, "b": 10}, {"a": 10}, ABS, {}, "sum_abs of a, b is 20, allowed: at most 10"),
        ({"a": 0}, {"a": 10}, None, {"max_step": 3, "choices": (0.0, 5.0, 10.0)}, "in allowed steps"),
        ({"a": 50}, {"a": 10}, None, {"max_step": 3, "high": 10.0}, "in allowed steps"),
    ],
)  # fmt: skip
def test_what_has_no_order_is_refused_with_the_limit(
    present: Mapping[str, Value],
    targets: Mapping[str, Value],
    limit: JointLimit | None,
    track: dict[str, Any],
    says: str,
) -> None:
    tracks = {name: Track(name, **track) for name in targets}
    refusal = plan_moves(present, targets, tracks, () if limit is None else (limit,))
    assert isinstance(refusal, MoveRefusal)
    assert says in refusal.message
    assert refusal.key.startswith("limits")


def test_a_slew_takes_its_time() -> None:
    track = Track("a", slew_per_s=10.0)
    legs = plan_moves({"a": 0.0}, {"a": 25.0}, {"a": track})
    assert not isinstance(legs, MoveRefusal)
    assert sum(leg.seconds for leg in legs) == pytest.approx(2.5)
    values = [0.0, *(float(leg.values["a"]) for leg in legs)]
    assert max(np.diff(values)) <= 1.0 + 1e-9


class Limits(RuleBasedStateMachine):
    """Random commands at a rig with random limits; its devices judge every state on their own."""

    @initialize(seed=st.integers(0, 2**32))
    def open_rig(self, seed: int) -> None:
        self.stream = Stream(random.Random(seed))

    @rule()
    def ask_for_anything(self) -> None:
        self.stream.do("any")

    @rule()
    def go_to_the_edge(self) -> None:
        self.stream.do("edge")

    @rule()
    def set_a_preset(self) -> None:
        self.stream.do("preset")

    @rule()
    def use_an_alias(self) -> None:
        self.stream.do("alias")

    @rule()
    def move_by_hand(self) -> None:
        self.stream.move_by_hand()

    @rule()
    def park_in_the_middle(self) -> None:
        self.stream.do("park")

    @invariant()
    def no_state_was_outside(self) -> None:
        if hasattr(self, "stream"):
            assert self.stream.recorder.left == []


TestLimits = Limits.TestCase
TestLimits.settings = hypothesis_settings(max_examples=60, stateful_step_count=15, deadline=None)
