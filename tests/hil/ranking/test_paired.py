"""Paired differences, looked at after each field of view."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from hil.ranking.paired import paired, radius


def test_it_narrows_with_every_field_and_says_nothing_before_the_first() -> None:
    widths = [radius(t, 1.0, 0.05) for t in range(5)]
    assert widths[0] == math.inf
    assert all(later < earlier for earlier, later in pairwise(widths))
    assert radius(3, 2.0, 0.05) == pytest.approx(2 * widths[3])


def test_known_value() -> None:
    # sqrt(2 ln(2 / 0.05^2)) at t = 1 and r = 1
    assert radius(1, 1.0, 0.05) == pytest.approx(3.6564, abs=1e-3)


def test_looking_after_each_field_does_not_lose_the_confidence() -> None:
    """Of sessions whose settings are equal, few ever call one the better at any of 100 looks."""
    rng = np.random.default_rng(1)
    t = np.arange(1, 101)
    bounds = np.array([radius(int(n), 1.0, 0.05) for n in t])
    means = np.cumsum(rng.standard_normal((4000, 100)), axis=1) / t
    ever = float(np.mean((np.abs(means) > bounds).any(axis=1)))
    naive = float(np.mean((np.abs(means) > 1.96 / np.sqrt(t)).any(axis=1)))
    assert ever < 0.05
    assert naive > 0.3


def test_who_is_better() -> None:
    assert paired([1.0, 1.1], 0.1, 0.05).wins
    assert paired([-1.0, -1.1], 0.1, 0.05).loses
    unsure = paired([0.1, -0.1], 0.1, 0.05)
    assert not unsure.wins
    assert not unsure.loses
    assert paired([], 0.1, 0.05).half == math.inf
