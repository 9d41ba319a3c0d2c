from __future__ import annotations

import pytest
import torch

from hil.twin.data import take_in
from hil.twin.likelihood import Likelihood
from tests.hil.twin.small_microscope import frames, path, several, unknown


def likelihood() -> tuple[Likelihood, torch.Tensor]:
    scope = path(seed=5, aberration_rms_nm=60)
    optics, trials = unknown(), several(3)
    data = [take_in(one, optics.converter(one.settings), range(2)) for one in frames(scope, trials)]
    return Likelihood(optics, trials, data), torch.tensor(scope.aberration_nm, dtype=torch.float64)


def test_the_gradient_is_that_of_finite_differences() -> None:
    found, values = likelihood()
    values = values + 8.0  # not at the optimum, where the gradient is all rounding
    found.begin(values)
    here = found.slope(values)
    for number in (0, 3, 7):
        up, down = values.clone(), values.clone()
        up[number] += 0.5
        down[number] -= 0.5
        numeric = found.slope(up, here.d).value - found.slope(down, here.d).value
        assert float(here.gradient[number]) == pytest.approx(numeric, rel=0.02, abs=0.5)


def test_the_windowed_gradient_is_that_of_finite_differences() -> None:
    found, values = likelihood()
    values = values + 8.0
    found.begin(values)
    windowed = found.windowed(values)
    _, gradient = windowed.gradient(values)
    for number in (0, 3, 7):
        up, down = values.clone(), values.clone()
        up[number] += 0.5
        down[number] -= 0.5
        numeric = windowed.gradient(up)[0] - windowed.gradient(down)[0]
        assert float(gradient[number]) == pytest.approx(numeric, rel=0.02, abs=0.5)
