"""Sums over frames, against the covariance written out."""

from __future__ import annotations

import numpy as np
import torch

from hil.information.sample.sample import Sample
from hil.information.torch.moments import half_log_det, lag_products, stationary_covariance, tiles


def test_lags_are_products_written_out() -> None:
    values = np.random.default_rng(0).standard_normal((3, 9, 11))
    found = lag_products(torch.from_numpy(values), 4).numpy()
    for down, across in ((0, 0), (2, 3), (3, -1)):
        rows, columns = slice(0, 9 - down), slice(max(0, -across), 11 - max(0, across))
        shifted = slice(down, 9), slice(max(0, across), 11 - max(0, -across))
        product = (values[:, rows, columns] * values[:, shifted[0], shifted[1]]).sum()
        assert np.isclose(found[3 + down, 3 + across], product)
        assert np.isclose(found[3 - down, 3 - across], product)


def test_the_covariance_is_that_of_overlapping_pixels() -> None:
    values = torch.from_numpy(np.random.default_rng(1).standard_normal((400, 8, 8)))
    found = stationary_covariance(values.sum(dim=0), lag_products(values, 3), 400, 3)
    moved = values + 5
    again = stationary_covariance(moved.sum(dim=0), lag_products(moved, 3), 400, 3)
    assert torch.allclose(again, found, atol=1e-9)
    assert found.shape == (9, 9)
    assert torch.allclose(found, torch.eye(9, dtype=found.dtype), atol=0.03)
    assert torch.allclose(found, found.T)


def test_tiles_are_the_patches_of_the_estimators() -> None:
    frames = np.random.default_rng(2).standard_normal((2, 1, 11, 14))
    patches = Sample(frames, 4, 0.0, 1.0, False).raw_patches
    assert np.array_equal(tiles(torch.from_numpy(frames[:, 0]), 4).numpy(), patches)


def test_half_the_logarithm_of_the_determinant() -> None:
    a = np.random.default_rng(3).standard_normal((5, 5))
    covariance = torch.from_numpy(a @ a.T)
    found = half_log_det(covariance, torch.tensor(2.0))
    assert np.isclose(float(found), 0.5 * np.linalg.slogdet(a @ a.T + 2 * np.eye(5))[1])
