"""Covariances that depend on the lag alone, in several sizes."""

from __future__ import annotations

import numpy as np

from hil.information.densities.stationary.centrosymmetric import split

SIZES = [2, 3, 4, 5]  # with and without a pixel in the middle


def autocovariance(p: int, white: float = 0.3) -> np.ndarray:
    lag = np.arange(1 - p, p)
    c = np.exp(-np.hypot(lag[:, None], 1.3 * lag + 0.4 * lag[:, None]) / 3)
    c[p - 1, p - 1] += white
    return c


def covariance(c: np.ndarray) -> np.ndarray:
    """Entry by entry from its definition."""
    p = c.shape[0] // 2 + 1
    pixel = [(i, j) for i in range(p) for j in range(p)]
    return np.array([[c[i - k + p - 1, j - m + p - 1] for k, m in pixel] for i, j in pixel])


def basis(d: int) -> np.ndarray:
    """(d, d) rows that take a patch to its even half, then to its odd half."""
    return np.concatenate(split(np.eye(d)))
