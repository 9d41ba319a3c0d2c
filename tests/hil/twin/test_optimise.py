from __future__ import annotations

import torch

from hil.twin.optimise import covariance, newton_step, sds
from hil.twin.start import differences

SCALE = torch.tensor([1.0, 10.0], dtype=torch.float64)


def test_a_step_goes_to_the_minimum_of_a_parabola_and_downhill_on_a_saddle() -> None:
    curvature = torch.tensor([[4.0, 0.1], [0.1, 0.05]], dtype=torch.float64)
    at = torch.tensor([0.5, -3.0], dtype=torch.float64)
    assert torch.allclose(
        at + newton_step(curvature, curvature @ at, SCALE), torch.zeros(2).double()
    )
    saddle = torch.diag(torch.tensor([4.0, -0.05], dtype=torch.float64))
    gradient = torch.tensor([1.0, 1.0], dtype=torch.float64)
    step = newton_step(saddle, gradient, SCALE)
    assert float(step @ gradient) < 0
    assert float((step.abs() / SCALE).max()) <= 2.0 + 1e-9


def test_what_does_not_curve_is_known_as_wide_as_can_be() -> None:
    curvature = torch.diag(torch.tensor([4.0, 0.0], dtype=torch.float64))
    sd = sds(curvature, SCALE)
    assert abs(float(sd[0]) - 0.5) < 1e-3
    assert float(sd[1]) > 250
    assert torch.allclose(covariance(curvature, SCALE).T, covariance(curvature, SCALE))


def test_second_derivatives_by_differences_of_gradients() -> None:
    curvature = torch.tensor([[4.0, 0.1], [0.1, 0.05]], dtype=torch.float64)
    zero = torch.zeros(2, dtype=torch.float64)
    found = differences(lambda at: curvature @ at, zero, [1e-3, 1e-2])
    assert torch.allclose(found, curvature)
    assert torch.allclose(
        differences(lambda at: curvature @ at, zero, [1e-3, 1e-2], zero), curvature
    )
