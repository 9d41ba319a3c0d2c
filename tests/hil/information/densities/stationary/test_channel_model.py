"""Sums over patches of several channels: covariances about any mean, and all but a fold."""

from __future__ import annotations

import numpy as np
import pytest

from hil.information.densities.stationary.channel_model import VectorSums

Y = np.random.default_rng(0).normal(3, 2, (500, 6)).astype(np.float32)


def test_the_covariance_is_that_of_the_patches() -> None:
    wide = Y.astype(float)
    assert VectorSums.of(Y).covariance(wide.mean(axis=0)) == pytest.approx(
        np.cov(wide.T, bias=True), abs=1e-9
    )
    about = wide - 10
    assert VectorSums.of(Y).covariance(np.full(6, 10.0)) == pytest.approx(about.T @ about / 500)


def test_all_but_a_fold_is_a_subtraction() -> None:
    left = VectorSums.of(Y) - VectorSums.of(Y[:200])
    rest = VectorSums.of(Y[200:])
    assert left.n == rest.n
    assert left.second == pytest.approx(rest.second)
    assert (left + VectorSums.of(Y[:200])).first == pytest.approx(VectorSums.of(Y).first)
