from __future__ import annotations

import pytest

from hil.study.design.end_to_end import end_to_end
from tests.hil.study.design.planted_problem import TRIED, PlantedProblem
from tests.hil.study.planted_domain import SMALL


@pytest.mark.parametrize("task", [0, 1])
def test_settings_learn_with_a_decoder_to_let_more_light_in(task: int) -> None:
    problem = PlantedProblem()
    found = end_to_end(problem, problem.domain.tasks[task], 0, SMALL, TRIED)
    assert found["setting"]["wheel.label"] == "b" and found["setting"]["lamp.mw"] > 2
    assert found["labels"] == SMALL.learn
    again = end_to_end(problem, problem.domain.tasks[task], 0, SMALL, TRIED)
    assert again["setting"] == found["setting"]
