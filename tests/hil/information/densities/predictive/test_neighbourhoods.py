"""What near neighbours say of a pixel: a probability, of earlier pixels alone, that knows edges."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from hil.information.densities.predictive.neighbourhoods import Neighbourhoods

EDGES = np.concatenate([[-1e9], np.arange(-30, 131) - 0.5, [1e9]]).astype(np.float32)


def two_levels(seed: int, n: int = 12, side: int = 64, p: int = 8) -> np.ndarray:
    """Patches (n, p * p) of two levels behind optics, in widths of the noise."""
    rng = np.random.default_rng(seed)
    white = gaussian_filter(rng.standard_normal((n, side, side)), (0, 3, 3))
    scene = gaussian_filter(100.0 * (white > 0), (0, 1, 1))
    seen = np.rint(scene + rng.standard_normal(scene.shape)).clip(-30, 130)
    tiles = seen.reshape(n, side // p, p, side // p, p).swapaxes(2, 3)
    return tiles.reshape(-1, p * p).astype(np.float32)


def ends(u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    at = (u + 30).astype(np.intp) + 1
    return EDGES[at], EDGES[at + 1]


def test_cells_of_every_place_sum_to_one() -> None:
    u = two_levels(0)
    fitted = Neighbourhoods.fit(u, 8, np.random.default_rng(1))
    total = np.zeros((5, 64))
    for low, high in pairwise(EDGES):
        total += fitted.probability(u[:5], *(np.full_like(u[:5], one) for one in (low, high)))
    assert total == pytest.approx(1, abs=1e-5)


def test_no_place_sees_what_comes_later() -> None:
    rng, u = np.random.default_rng(2), two_levels(0)
    fitted = Neighbourhoods.fit(u, 8, rng)
    low, high = ends(u)
    for at in (1, 9, 30, 63):
        other = u.copy()
        other[:, at:] += rng.standard_normal(other[:, at:].shape).astype(np.float32)
        first, second = (fitted.probability(one, low, high) for one in (u, other))
        assert np.array_equal(first[:, : at + 1], second[:, : at + 1])


def test_edges_behind_optics_are_known_better_than_by_linear_prediction() -> None:
    """The best linear prediction of all six neighbours, with normal errors, against the mixture."""
    u, new = two_levels(0), two_levels(1)
    fitted = Neighbourhoods.fit(u, 8, np.random.default_rng(3))
    nats = -np.log(np.maximum(fitted.probability(new, *ends(new)), 1e-30))
    inner = np.arange(64).reshape(8, 8)[2:, 2:7].ravel()
    around = inner[:, None] + np.array([-1, -8, -9, -7, -2, -16])

    def values(patches: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x = patches[:, around].reshape(-1, 6)
        return np.column_stack([x, np.ones(len(x))]), patches[:, inner].ravel()

    x, y = values(u)
    slope = np.linalg.lstsq(x, y)[0]
    x, y = values(new)
    linear = 0.5 * np.log(2 * np.pi * np.e * ((y - x @ slope) ** 2).mean())
    assert nats[:, inner].mean() < linear - 0.5
