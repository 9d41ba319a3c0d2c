"""Attenuation against its table."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
import torch

from sim.tomography.attenuation import mass_attenuation
from tests.sim.tomography.scanners import F64


def test_attenuation_meets_its_table_and_stays_between() -> None:
    """NIST: water at 30 and 60 keV, bone at 40 keV; half-way values by NIST's own log-log rule."""
    energy = torch.tensor([30.0, 60.0, 40.0], dtype=F64)
    np.testing.assert_allclose(mass_attenuation("water", energy)[:2], [0.3756, 0.2059], rtol=1e-12)
    np.testing.assert_allclose(mass_attenuation("bone", energy)[2], 0.6655, rtol=1e-12)
    between = mass_attenuation("aluminium", torch.tensor([sqrt(20 * 30.0)], dtype=F64))
    assert float(between) == pytest.approx(sqrt(3.441 * 1.128), rel=0.02)
