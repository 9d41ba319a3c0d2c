"""Lags of frames in which not all pixels may be used."""

from __future__ import annotations

from functools import reduce
from operator import add

import numpy as np
import pytest

from hil.information.densities.stationary.masked_lags import lag_products, masked_lags, patch_lags


@pytest.mark.parametrize("p", [5, 8])
def test_lags_of_a_mask_are_those_of_all_pairs(p: int) -> None:
    rng = np.random.default_rng(1)
    frames = rng.standard_normal((2, 3, 17, 14)).astype(np.float32)
    usable = rng.random((17, 14)) > 0.2
    sums = masked_lags(frames, usable, p)
    padded = np.zeros((2, 3, 17 + 2 * p, 14 + 2 * p))
    padded[..., p:-p, p:-p] = np.where(usable, frames, 0)
    mask = np.zeros(padded.shape[2:])
    mask[p:-p, p:-p] = usable
    for i in range(1 - p, p):
        for j in range(1 - p, p):
            near = np.roll(padded, (-i, -j), axis=(2, 3))
            both = np.roll(mask, (-i, -j), axis=(0, 1)) * mask
            at = i + p - 1, j + p - 1
            products = np.einsum("naxy,nbxy->ab", near, padded)
            assert sums.products[:, :, *at] == pytest.approx(products, abs=1e-9)
            assert sums.ends[:, *at] == pytest.approx((near * both).sum(axis=(0, 2, 3)), abs=1e-9)
            assert sums.pairs[at] == 2 * both.sum()


def test_patches_alone_give_the_lags_within_them() -> None:
    patches = np.random.default_rng(2).standard_normal((7, 3, 4, 4)).astype(np.float32)
    alone = patch_lags(patches.reshape(7, -1), 3)
    whole = reduce(add, (masked_lags(one[None], np.ones((4, 4), bool), 4) for one in patches))
    assert alone.covariances == pytest.approx(whole.covariances, abs=1e-6)
    assert alone.pairs == pytest.approx(whole.pairs)


@pytest.mark.parametrize("p", [4, 5])
def test_products_alone_are_those_of_patches_in_double_precision(p: int) -> None:
    patches = np.random.default_rng(2).standard_normal((30, p * p)).astype(np.float32)
    products, pairs = lag_products(patches)
    exact = patch_lags(patches.astype(np.float64), 1)
    assert products == pytest.approx(exact.products[0, 0], rel=0, abs=1e-12)
    assert np.array_equal(products, products[::-1, ::-1]), "a lag and its opposite are one pair"
    assert np.array_equal(pairs, exact.pairs)
