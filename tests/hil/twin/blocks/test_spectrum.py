from __future__ import annotations

import math

import pytest
import torch

from hil.twin.blocks.spectrum import KNOTS, Roughness

ROUGH = Roughness(1 / 64)


def test_the_power_is_a_law_between_knots_and_goes_to_any_grid() -> None:
    logs = torch.cat([torch.linspace(0, -5, KNOTS), torch.tensor([1.1])]).double()
    power = ROUGH.power(logs, (64, 64))
    slope = torch.log(power[0, 16] / power[0, 4]) / torch.log(torch.tensor(4.0))
    assert float(slope) == pytest.approx(-5 / torch.log(torch.tensor(32.0)).item(), rel=1e-6)
    assert float(ROUGH.power(logs, (128, 96))[16, 12]) == pytest.approx(float(power[8, 8]))
    assert float(power[0, 0]) == pytest.approx(math.exp(1.1) * 64 * 64)
    assert float(power[32, 32]) == pytest.approx(float(torch.exp(logs[-2])))


def test_the_first_guess_has_the_variance_asked_for() -> None:
    power = ROUGH.power(ROUGH.first(0.7, 2.0, (64, 64)), (64, 64))
    assert float(power[0, 0]) == pytest.approx(4.0 * 64 * 64)
    power[0, 0] = 0
    assert float(torch.fft.irfft2(power, s=(64, 64))[0, 0]) == pytest.approx(0.7)
    assert float(power[0, 4] / power[0, 8]) == pytest.approx(4, rel=0.2)
