"""Intervals of the mean over fields."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import t

from hil.information.interval import mean_interval
from hil.information.sample.patches import tile_corners


def places(down: int, across: int) -> np.ndarray:
    return tile_corners(down * 3, across * 3, 3)[None]


def test_fields_give_students_interval() -> None:
    per_field = np.array([1.0, 2.0, 4.0, 5.0])
    found = mean_interval(per_field[:, None] + np.zeros((4, 9)), places(3, 3), 4, 0.9)
    half = t.ppf(0.95, 3) * per_field.std(ddof=1) / 2
    assert (found.low, found.high) == pytest.approx((3 - half, 3 + half))
    assert found.method == "student_t"


def test_few_fields_give_a_jackknife_over_blocks() -> None:
    values = np.random.default_rng(0).standard_normal((2, 8, 12))
    found = mean_interval(values.reshape(2, -1), places(8, 12), 2, 0.95)
    blocks = values.reshape(2, 4, 2, 4, 3).mean(axis=(2, 4)).ravel()
    half = t.ppf(0.975, 31) * blocks.std(ddof=1) / math.sqrt(32)
    assert found.method == "blocks"
    assert found.half_width == pytest.approx(half)
    assert (found.low + found.high) / 2 == pytest.approx(values.mean())


def test_too_few_blocks_give_none() -> None:
    found = mean_interval(np.ones((1, 3)), places(1, 3), 1, 0.95)
    assert found.method == "none"
    assert math.isnan(found.low) and math.isnan(found.half_width)
