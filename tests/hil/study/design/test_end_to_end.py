from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from hil.study.design.end_to_end import end_to_end
from hil.study.design.problem import Rendered
from hil.study.domain import Task
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


def test_frames_may_be_in_double_precision() -> None:
    class Fine(PlantedProblem):
        def electrons(self, rendered: Rendered, task: Task, light: torch.Tensor) -> torch.Tensor:
            return super().electrons(rendered, task, light).double()

    problem, short = Fine(), replace(TRIED, warm_up=2, joint=2, looks=1)
    found = end_to_end(problem, problem.domain.tasks[0], 0, SMALL, short)
    assert set(found["setting"]) == set(problem.axes)
