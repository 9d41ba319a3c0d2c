"""Photon counting: its entropy against direct summation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import entropy, poisson

from hil.noise import PoissonNoise


@pytest.mark.parametrize("lambda_e", [0.3, 1.0, 5.0, 50.0, 180.0, 300.0, 5e4])
def test_poisson_entropy_equals_the_direct_sum(lambda_e: float) -> None:
    table = float(PoissonNoise().entropy_nats(np.array([lambda_e]))[0])
    truth = entropy(poisson.pmf(np.arange(int(lambda_e + 12 * math.sqrt(lambda_e) + 30)), lambda_e))
    assert table == pytest.approx(float(truth), abs=2e-5)
