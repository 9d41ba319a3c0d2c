"""Climbing a hill that is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest
import torch

from drivers.types import Value
from hil.design.goal import Goal
from hil.design.uphill import designs
from hil.errors import InputError
from hil.session.search_space import SearchSpace
from hil.spec import SearchAxis


class Hill:
    """A peak at x = 3, y = 100 on a logarithmic axis, higher with the choice "b"."""

    n_fields = 1

    def of_fields(self, n: int) -> Hill:
        return self

    def bits_per_pixel(self, point: Mapping[str, Any]) -> torch.Tensor:
        x = torch.as_tensor(point["s.x"], dtype=torch.float64)
        y = torch.as_tensor(point["s.y"], dtype=torch.float64)
        extra = {"a": 0.0, "b": 1.0}[point["s.kind"]] + 0.1 * float(point["s.n"])
        return extra - (x - 3) ** 2 - torch.log10(y / 100) ** 2


class Space:
    """Three kinds of axes; ``bound`` on x + n, or none."""

    def __init__(self, bound: float = 1e9, most: float = 3) -> None:
        self.axes: tuple[SearchAxis, ...] = (
            SearchAxis(setting="s.x", low=-10, high=10),
            SearchAxis(setting="s.y", low=1, high=10_000, log=True),
            SearchAxis(setting="s.kind", choices=("a", "b")),
            SearchAxis(setting="s.n", low=1, high=most, step=1),
        )
        self.integers = frozenset({"s.n"})
        self.bound: float | None = bound

    def problem(self, values: Mapping[str, Value]) -> str:
        if self.bound is None:
            return ""
        return "too much" if float(values["s.x"]) + float(values["s.n"]) > self.bound else ""

    def repair(self, values: Mapping[str, Value]) -> dict[str, Value]:
        if not self.problem(values):
            return dict(values)
        assert self.bound is not None
        return {**values, "s.x": self.bound - float(values["s.n"])}


BEGIN: Mapping[str, Value] = {"s.x": 0.0, "s.y": 10.0, "s.kind": "a", "s.n": 1}


def climbed(space: Space) -> list[Any]:
    goal = cast(Goal, Hill())
    return designs(goal, cast(SearchSpace, space), [BEGIN], starts=24, followed=4, seed=0)


def test_the_top_is_found_among_choices_and_whole_numbers() -> None:
    best = climbed(Space())[0]
    assert best.settings["s.kind"] == "b"
    assert best.settings["s.n"] == 3
    assert isinstance(best.settings["s.n"], int)
    assert best.settings["s.x"] == pytest.approx(3, abs=1e-3)
    assert best.settings["s.y"] == pytest.approx(100, rel=1e-2)
    assert best.bits_per_pixel == pytest.approx(1.3, abs=1e-4)


def test_a_limit_across_settings_is_kept_and_reached() -> None:
    for one in climbed(Space(bound=4.0)):
        assert float(one.settings["s.x"]) + float(one.settings["s.n"]) <= 4.0 + 1e-9
    best = climbed(Space(bound=4.0))[0]
    assert best.settings["s.x"] == pytest.approx(4 - float(best.settings["s.n"]), abs=0.1)


def test_designs_differ() -> None:
    found = climbed(Space())
    assert len({tuple(sorted(one.settings.items())) for one in found}) == len(found)
    assert [one.bits_per_pixel for one in found] == sorted(
        (one.bits_per_pixel for one in found), reverse=True
    )


class Ridges:
    """Two peaks, the higher one at 8 from all eight fields, and what looking costs in fields."""

    def __init__(self, n_fields: int = 8, seen: list[int] | None = None) -> None:
        self.n_fields = n_fields
        self.seen: list[int] = [] if seen is None else seen

    def of_fields(self, n: int) -> Ridges:
        return Ridges(n, self.seen)

    def bits_per_pixel(self, point: Mapping[str, Any]) -> torch.Tensor:
        self.seen.append(self.n_fields)
        x = torch.as_tensor(point["s.x"], dtype=torch.float64)
        own = torch.exp(-((x - 8) ** 2) / 8) + 0.6 * torch.exp(-((x + 6) ** 2) / 8)
        return own + 0.2 * torch.sin(x + self.n_fields) / self.n_fields


def raced(goal: Ridges) -> list[Any]:
    space = Space()
    space.axes, space.bound = (SearchAxis(setting="s.x", low=-10, high=10),), None
    begin: list[Mapping[str, Value]] = [{"s.x": -6.0}]
    found = cast(SearchSpace, space)
    return designs(cast(Goal, goal), found, begin, starts=8, followed=3, seed=0)


def test_hopeless_climbs_end_and_few_see_all_fields() -> None:
    goal = Ridges()
    found = raced(goal)
    assert found[0].settings["s.x"] == pytest.approx(8, abs=0.3)
    alone = Ridges()
    for one in found:
        assert one.bits_per_pixel == pytest.approx(
            float(alone.bits_per_pixel(one.settings)), abs=1e-9
        )
    assert goal.seen[:8] == [2] * 8  # looks
    climbs_of_all = goal.seen.count(8) - len(found)
    assert 0 < climbs_of_all < goal.seen.count(2)


class Steep(Ridges):
    """One steep peak at x = 3."""

    def of_fields(self, n: int) -> Steep:
        return Steep(n, self.seen)

    def bits_per_pixel(self, point: Mapping[str, Any]) -> torch.Tensor:
        x = torch.as_tensor(point["s.x"], dtype=torch.float64)
        return 1 - 20 * torch.log(torch.cosh(x - 3.0))


def test_the_last_rounds_do_not_leap_and_all_that_is_looked_at_is_told() -> None:
    goal, space = Steep(), Space()
    space.axes, space.bound = (SearchAxis(setting="s.x", low=-10, high=10),), None
    told: list[tuple[float, float, int]] = []
    found = designs(
        cast(Goal, goal),
        cast(SearchSpace, space),
        [{"s.x": 2.5}],
        starts=2,
        followed=1,
        seed=0,
        saw=lambda settings, bits, n: told.append((float(settings["s.x"]), bits, n)),
    )
    assert found[0].settings["s.x"] == pytest.approx(3, abs=1e-2)
    for x, bits, _ in told:
        assert bits == pytest.approx(float(goal.bits_per_pixel({"s.x": x})))
    assert [n for *_, n in told] == sorted(n for *_, n in told)
    in_all = [x for x, _, n in told if n == goal.n_fields][:-1]  # and one that was left behind
    assert max(abs(x - 3) for x in in_all) < 2.0  # a tenth of the range, as a step is


def test_designs_of_which_all_limits_hold_are_valued_as_they_are() -> None:
    goal = cast(Goal, Hill())
    for one in climbed(Space(bound=4.0)):
        assert one.bits_per_pixel == pytest.approx(float(goal.bits_per_pixel(one.settings)))


def test_too_many_combinations_are_refused() -> None:
    with pytest.raises(InputError, match="50 combinations"):
        climbed(Space(most=50))
