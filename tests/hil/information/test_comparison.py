"""Differences of settings, and intervals that hold however often one looks."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import t

from hil.errors import InputError
from hil.information import compare, confidence_sequence, estimate_information
from hil.noise import GaussianNoise


def test_paired_fields_show_what_single_settings_cannot() -> None:
    rng = np.random.default_rng(0)
    # fields differ by far more than the settings do
    scene = rng.standard_normal((8, 64, 64)) * rng.uniform(5, 40, (8, 1, 1))
    a = estimate_information(1.1 * scene + rng.normal(0, 10, scene.shape), GaussianNoise(10))
    b = estimate_information(scene + rng.normal(0, 10, scene.shape), GaussianNoise(10))
    found = compare(a, b)
    assert found.ci_low > 0
    assert found.bits_per_pixel == pytest.approx(a.bits_per_pixel - b.bits_per_pixel)
    assert found.ci_high - found.ci_low < 0.2 * (a.ci_high - a.ci_low)
    assert compare(b, a).ci_high == pytest.approx(-found.ci_low)
    sequential = compare(a, b, sequential=True)
    assert sequential.ci_low < found.ci_low and sequential.ci_high > found.ci_high


def test_incomparable_estimates_are_refused() -> None:
    frames = np.random.default_rng(0).normal(0, 12, (6, 32, 32))
    a = estimate_information(frames, GaussianNoise(10), patch_size=8)
    with pytest.raises(InputError, match="slacks"):
        compare(a, replace(a, estimator="gaussian"))
    with pytest.raises(InputError, match="5 fields"):
        compare(a, estimate_information(frames[:5], GaussianNoise(10), patch_size=8))


def stops(rng: np.random.Generator, kind: str) -> bool:
    """Add fields until the interval leaves out 0, the truth, or 60 have come: was it ever left?"""
    units = rng.standard_normal(60)
    for n in range(3, 61):
        seen = units[:n]
        if kind == "sequence":
            found = confidence_sequence(seen, 0.9)
            low, high = found.low, found.high
        else:
            half = t.ppf(0.95, n - 1) * seen.std(ddof=1) / math.sqrt(n)
            low, high = seen.mean() - half, seen.mean() + half
        if not low <= 0 <= high:
            return True
    return False


def test_the_sequence_survives_looking_at_every_field_and_students_interval_does_not() -> None:
    rng = np.random.default_rng(1)
    missed = sum(stops(rng, "sequence") for _ in range(500))
    # at most 10 % of 500, with a standard deviation of 6.7
    assert missed <= 50 + 14
    assert sum(stops(rng, "student") for _ in range(500)) > 130


@pytest.mark.parametrize(("n", "widest"), [(8, 2.1), (16, 1.8), (64, 1.8)])
def test_the_sequence_is_not_much_wider_than_students_interval(n: int, widest: float) -> None:
    units = np.random.default_rng(2).standard_normal(n)
    half = t.ppf(0.975, n - 1) * units.std(ddof=1) / math.sqrt(n)
    assert 1 < confidence_sequence(units, 0.95).half_width / half < widest


def test_few_units_say_nothing() -> None:
    for n in (0, 1, 2):
        assert math.isinf(confidence_sequence(np.arange(float(n)), 0.95).half_width)
