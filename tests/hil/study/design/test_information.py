from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from hil.study.design.information import by_gradient, by_trials
from hil.study.design.problem import Rendered
from tests.hil.study.design.planted_problem import TRIED, PlantedProblem
from tests.hil.study.planted_domain import SMALL


def test_a_gradient_leads_to_the_brightest_lamp_without_a_label() -> None:
    found = by_gradient(PlantedProblem(), 0, SMALL, TRIED)
    assert found["setting"]["lamp.mw"] > 2.9 and found["setting"]["wheel.label"] == "b"
    assert found["labels"] == 0 and found["flops"] > 0 and found["peak_mb"] > 0
    values = [value for _, value in found["course"]]
    assert values == sorted(values) and found["value"] == values[-1]
    assert 0 < found["reached_s"] <= found["cpu_s"]


def test_trials_keep_the_one_that_told_most() -> None:
    problem = PlantedProblem()
    found = by_trials(problem, 0, SMALL, TRIED)
    assert set(found["setting"]) == set(problem.axes)
    assert found["value"] == max(value for _, value in found["course"])


def test_what_has_one_choice_is_held_and_names_need_no_device() -> None:
    class Renamed(PlantedProblem):
        axes: ClassVar[Mapping[str, Any]] = {
            "power": PlantedProblem.axes["lamp.mw"],
            "wheel.label": ("b",),
        }

        def rendered(self, setting: Mapping[str, Any]) -> Rendered:
            return super().rendered({**setting, "lamp.mw": setting["power"]})

    found = by_trials(Renamed(), 0, SMALL, replace(TRIED, trials=2))
    assert set(found["setting"]) == {"power", "wheel.label"}
    assert found["setting"]["wheel.label"] == "b"
