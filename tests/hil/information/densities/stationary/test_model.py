"""A stationary model and what it needs to be one."""

from __future__ import annotations

import numpy as np
import pytest

from hil.information.densities.stationary.centrosymmetric import Halves
from hil.information.densities.stationary.model import StationaryModel
from tests.hil.information.densities.stationary.stationary_cases import (
    SIZES,
    autocovariance,
    covariance,
)


@pytest.mark.parametrize("p", SIZES)
def test_a_model_inverts_its_covariance(p: int) -> None:
    c = autocovariance(p)
    model = StationaryModel(c)
    full = covariance(c)
    assert model.log_det == pytest.approx(np.linalg.slogdet(full)[1])
    assert (model.precision @ Halves.of_lags(c)).dot(
        Halves(np.eye(p * p - p * p // 2), np.eye(p * p // 2))
    ) == pytest.approx(p * p)
