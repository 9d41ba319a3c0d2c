"""Telling pairs apart: near the truth where it can be, never above it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.information.lower.contrast import contrast


def pairs_of(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(F, 2, T, d) two measurements of scenes x (F, T, d) in noise of 1."""
    return np.asarray(x[:, None] + rng.standard_normal((len(x), 2, *x.shape[1:])))


@pytest.mark.parametrize("signal", [0.3, 1.0, 2.0])
@pytest.mark.parametrize("d", [1, 4])
def test_white_gaussian_scenes(signal: float, d: int) -> None:
    rng = np.random.default_rng(int(10 * signal) + d)
    pairs = pairs_of(signal * rng.standard_normal((8, 1000, d)), rng)
    truth = -d / 2 * math.log(1 - (signal**2 / (signal**2 + 1)) ** 2)
    found = contrast(pairs, rng)
    spread = float(found.per_field.std()) / math.sqrt(8)
    assert truth - 3 * spread - 0.05 * truth - 0.01 < found.per_field.mean() < truth + 3 * spread


def test_a_few_scenes_far_apart_are_told_exactly() -> None:
    rng = np.random.default_rng(1)
    kinds = 20 * rng.standard_normal((8, 16))
    found = contrast(pairs_of(kinds[rng.integers(8, size=(8, 200))], rng), rng)
    assert found.per_field.mean() == pytest.approx(math.log(8), abs=0.02)


def test_what_cannot_be_told_by_so_many_scenes_is_not_claimed() -> None:
    rng = np.random.default_rng(2)
    found = contrast(pairs_of(50 * rng.standard_normal((4, 100, 64)), rng), rng)
    assert found.most == pytest.approx(math.log(200))
    assert found.most - 0.05 < found.per_field.mean() <= found.most + 1e-6


@pytest.mark.parametrize("levels", [2, 4, 16])
def test_fields_that_differ_as_a_whole_are_few_scenes(levels: int) -> None:
    """Eight fields, each of one of so many brightnesses: never more than ln(levels), on average."""
    values = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        bright = np.broadcast_to(20.0 * rng.integers(levels, size=(8, 1, 1)), (8, 64, 16))
        values.append(contrast(pairs_of(bright, rng), rng).per_field.mean())
    assert np.mean(values) < math.log(levels)
    assert max(values) < math.log(4) + 0.01  # fields of a half


def test_nothing_is_nothing() -> None:
    rng = np.random.default_rng(3)
    found = contrast(rng.standard_normal((6, 2, 500, 16)), rng)
    assert abs(found.per_field.mean()) < 0.01
    still = contrast(np.ones((4, 2, 50, 4)), rng)
    assert np.isfinite(still.per_field).all()
    assert still.per_field.max() < 1e-6
