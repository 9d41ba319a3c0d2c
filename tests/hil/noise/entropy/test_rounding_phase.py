"""Where between two integers the scene lies."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.noise.entropy.histogram import AduCounts
from hil.noise.entropy.rounding_phase import (
    mean_over_phase_nats,
    phase_shift,
    rounded_distribution,
)


def test_next_to_no_noise_is_one_value_or_a_coin_between_two() -> None:
    h, variance = rounded_distribution(1e-3, np.array([7.0, 7.5]))
    assert h == pytest.approx([0, math.log(2)], abs=1e-9)
    assert variance == pytest.approx([0, 0.25], abs=1e-9)


@pytest.mark.parametrize("sigma", [0.8, 1.5, 10.0])
def test_wide_noise_has_the_entropy_of_its_density(sigma: float) -> None:
    expected = 0.5 * math.log(2 * math.pi * math.e * (sigma**2 + 1 / 12))
    assert mean_over_phase_nats(sigma) == pytest.approx(expected, abs=2e-3)


def test_only_the_phase_counts() -> None:
    x = np.linspace(-0.5, 0.5, 11)
    assert rounded_distribution(0.4, x)[0] == pytest.approx(rounded_distribution(0.4, x + 1000)[0])


@pytest.mark.parametrize("phase", [0.0, 0.5])
def test_the_histogram_tells_the_phase_of_a_flat_field(phase: float) -> None:
    sigma = 0.4
    y = np.rint(50 + phase + sigma * np.random.default_rng(0).standard_normal(400_000))
    counts = AduCounts.of(y.astype(np.int64))
    assert counts is not None
    truth = float(rounded_distribution(sigma, np.array([phase]))[0][0])
    found = mean_over_phase_nats(sigma) + phase_shift(sigma, counts).nats
    assert found == pytest.approx(truth, abs=0.02)
