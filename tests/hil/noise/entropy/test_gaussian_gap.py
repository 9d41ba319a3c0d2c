"""What a Gaussian read at integers has beyond a distribution of the same variance."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.noise.entropy.gaussian_gap import gaussian_gap_nats


def test_a_gaussian_has_nothing_beyond_itself() -> None:
    variance = np.array([0.5, 4.0, 1e4])
    own = 0.5 * np.log(2 * math.pi * math.e * variance)
    assert gaussian_gap_nats(own, variance) == pytest.approx(0, abs=1e-12)


def test_a_coin_has_less_entropy_than_the_gaussian_of_its_variance() -> None:
    variance = np.array([25.0])  # two values ten apart
    gap = gaussian_gap_nats(np.array([math.log(2)]), variance)
    assert gap == pytest.approx(0.5 * math.log(2 * math.pi * math.e * 25) - math.log(2))


def test_below_the_least_variance_a_density_never_sums_to_more_than_one() -> None:
    # a pixel that reads one value always: a narrower and narrower Gaussian would claim -infinity
    assert (gaussian_gap_nats(np.zeros(3), np.array([0.0, 1e-6, 0.1])) > 0).all()
