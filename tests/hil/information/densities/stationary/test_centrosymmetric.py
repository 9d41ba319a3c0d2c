"""Patches in halves: the same sums, inverses and likelihoods as of whole patches."""

from __future__ import annotations

import numpy as np
import pytest

from hil.information.densities.stationary.centrosymmetric import Halves, constant, split
from hil.information.densities.stationary.model import StationaryModel, is_positive
from tests.hil.information.densities.stationary.stationary_cases import (
    SIZES,
    autocovariance,
    basis,
    covariance,
)


@pytest.mark.parametrize("p", SIZES)
def test_a_stationary_covariance_falls_into_two_blocks(p: int) -> None:
    u = basis(p * p)
    assert np.allclose(u @ u.T, np.eye(p * p))
    c = autocovariance(p)
    halves = Halves.of_lags(c)
    zero = np.zeros((halves.even.shape[0], halves.odd.shape[0]))
    blocks = np.block([[halves.even, zero], [zero.T, halves.odd]])
    assert np.allclose(u @ covariance(c) @ u.T, blocks)
    # each lag of a patch has (p - |a|)(p - |b|) entries
    count = p - np.abs(np.arange(1 - p, p))
    assert np.allclose(halves.lag_totals(), c * np.outer(count, count))


@pytest.mark.parametrize("p", SIZES)
def test_indefinite_covariances_are_seen(p: int) -> None:
    c = autocovariance(p, 0.0)
    least = np.linalg.eigvalsh(covariance(c))[0]
    below, above = c.copy(), c.copy()
    below[p - 1, p - 1] -= 0.99 * least
    above[p - 1, p - 1] -= 1.01 * least
    assert is_positive(below)
    assert not is_positive(above)
    with pytest.raises(np.linalg.LinAlgError):
        _ = StationaryModel(above).log_det


def test_constant_patches_have_no_odd_half() -> None:
    assert constant(4).tolist() == pytest.approx([2**0.5] * 2)
    assert constant(9).tolist() == pytest.approx([2**0.5] * 4 + [1])
    even, odd = split(np.ones((9, 1)))
    assert not odd.any()
    assert even[:, 0] == pytest.approx(constant(9))
