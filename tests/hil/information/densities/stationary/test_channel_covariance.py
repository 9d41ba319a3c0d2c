"""Covariances of several channels by lag."""

from __future__ import annotations

import numpy as np
import pytest

from hil.information.densities.stationary.channel_covariance import (
    block_toeplitz,
    floored_channels,
    is_above,
    lag_totals,
    lags_of,
    spectra,
)


def test_block_toeplitz_and_its_lags() -> None:
    rng = np.random.default_rng(9)
    c = rng.standard_normal((2, 2, 7, 7))
    c = c + c.transpose(1, 0, 2, 3)[:, :, ::-1, ::-1]
    s = block_toeplitz(c)
    assert np.array_equal(s, s.T)
    assert s[2 * 4 + 1, 16 + 1 * 4 + 3] == c[0, 1, 3 + 2 - 1, 3 + 1 - 3]
    pairs = lag_totals(np.ones_like(s), 2)
    assert lag_totals(s, 2) == pytest.approx(pairs * c)
    assert lags_of(spectra(c, 8), 4) == pytest.approx(c)
    assert not is_above(s, 0.5)
    assert is_above(block_toeplitz(floored_channels(c, 0.5)), 0.5)
