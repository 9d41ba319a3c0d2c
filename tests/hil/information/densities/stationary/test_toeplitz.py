"""A patch's covariance holds the autocovariance at every pair's lag."""

from __future__ import annotations

import numpy as np

from hil.information.densities.stationary.toeplitz import doubly_toeplitz


def test_every_pair_has_the_autocovariance_of_its_lag() -> None:
    p = 3
    c = np.random.default_rng(0).standard_normal((2 * p - 1, 2 * p - 1))
    s = doubly_toeplitz(c).reshape(p, p, p, p)
    for i, j, k, m in np.ndindex(p, p, p, p):
        assert s[i, j, k, m] == c[i - k + p - 1, j - m + p - 1]
