from __future__ import annotations

import numpy as np
import pytest
import torch

from hil.study.design.cost import StepCost, Trace, cost_of, summed


def test_matrix_products_and_what_is_kept_at_a_time_are_counted() -> None:
    a, b = torch.ones(100, 200), torch.ones(200, 300)

    def step() -> None:
        for _ in range(3):  # what the last round made is gone before the next
            made = a @ b
            del made

    found = cost_of(step)
    assert found.flops == 3 * 2 * 100 * 200 * 300
    assert found.peak_mb == pytest.approx(100 * 300 * 4 / 1e6, rel=0.2)


def test_arrays_are_counted_too() -> None:
    assert cost_of(lambda: np.zeros(1_000_000)).peak_mb == pytest.approx(8, rel=0.02)


def test_all_steps_add_and_the_largest_counts() -> None:
    found = summed([(2, StepCost(10.0, 1.0)), (3, StepCost(1.0, 5.0))])
    assert found == {"flops": 23.0, "peak_mb": 5.0}


def test_a_trace_keeps_the_best_and_when_it_came() -> None:
    trace = Trace()
    for value in (1.0, 3.0, 2.0):
        trace.saw(value, {"a.x": value})
    found = trace.plain(7)
    assert found["setting"] == {"a.x": 3.0} and found["labels"] == 7
    assert [value for _, value in found["course"]] == [1.0, 3.0]
    assert found["reached_s"] == found["course"][-1][0]
