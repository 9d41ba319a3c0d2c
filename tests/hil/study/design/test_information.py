from __future__ import annotations

from hil.study.design.information import by_gradient, by_trials
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
