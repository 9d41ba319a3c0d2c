"""The recursion against a factorisation of the whole matrix."""

from __future__ import annotations

import numpy as np
import pytest

from hil.information.densities.stationary.autocovariance import floored
from hil.information.densities.stationary.levinson import whiten_doubly_toeplitz


def exponential(p: int, length: float, white: float) -> np.ndarray:
    lag = np.arange(1 - p, p)
    c = np.exp(-np.hypot(lag[:, None], 1.3 * lag + 0.4 * lag[:, None]) / length)
    c[p - 1, p - 1] += white
    return c


def laid_out(c: np.ndarray) -> np.ndarray:
    """Doubly Toeplitz matrix, entry by entry from its definition."""
    p = c.shape[0] // 2 + 1
    pixel = [(i, j) for i in range(p) for j in range(p)]
    return np.array([[c[i - k + p - 1, j - m + p - 1] for k, m in pixel] for i, j in pixel])


@pytest.mark.parametrize("p", [2, 3, 8, 12])
def test_whitener_is_the_inverse_cholesky_factor(p: int) -> None:
    c = exponential(p, 3.0, 0.1)
    whitener, log_det = whiten_doubly_toeplitz(c)
    full = laid_out(c)
    assert np.allclose(whitener, np.linalg.inv(np.linalg.cholesky(full)), atol=1e-9)
    assert log_det == pytest.approx(np.linalg.slogdet(full)[1])


def test_indefinite_covariances_are_refused() -> None:
    c = exponential(6, 3.0, 0.0)
    c[5, 5] -= 1.01 * np.linalg.eigvalsh(laid_out(c))[0]
    with pytest.raises(np.linalg.LinAlgError):
        whiten_doubly_toeplitz(c)


@pytest.mark.parametrize("seed", range(5))
def test_floor_holds_and_leaves_good_covariances_alone(seed: int) -> None:
    rng = np.random.default_rng(seed)
    bad = rng.normal(0, 0.3, (15, 15))
    bad = (bad + bad[::-1, ::-1]) / 2
    bad[7, 7] = 1.0
    assert np.linalg.eigvalsh(laid_out(bad))[0] < 0.5
    assert np.linalg.eigvalsh(laid_out(floored(bad, 0.5)))[0] >= 0.499
    good = exponential(8, 3.0, 0.6)
    assert floored(good, 0.5) is good
