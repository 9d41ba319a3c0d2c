from __future__ import annotations

import pytest
import torch

from hil.study.design.problem import looks
from hil.study.family import Span

AXES = {"a.x_um": Span(-1, 3), "a.y_um": Span(1, 100, log=True), "a.n": (1, 2, 4)}


def test_every_choice_is_looked_at_and_starts_are_those_of_the_seed() -> None:
    found = list(looks(AXES, 2, 5))
    assert [climb.chosen["a.n"] for climb, _ in found] == [1, 1, 2, 2, 4, 4]
    again = [u.tolist() for _, u in looks(AXES, 2, 5)]
    assert again == [u.tolist() for _, u in found] != [u.tolist() for _, u in looks(AXES, 2, 6)]


def test_tensors_and_numbers_come_to_the_same_place_with_gradients() -> None:
    climb, _ = next(looks(AXES, 2, 0))
    at = torch.tensor([0.25, 0.5], dtype=torch.float64, requires_grad=True)
    there, plain = climb.setting(at), climb.plain([0.25, 0.5])
    assert plain == {"a.n": 1, "a.x_um": 0.0, "a.y_um": pytest.approx(10.0)}
    assert there["a.y_um"].item() == pytest.approx(10.0)
    there["a.x_um"].backward()
    assert at.grad is not None and at.grad.tolist() == [4.0, 0.0]
