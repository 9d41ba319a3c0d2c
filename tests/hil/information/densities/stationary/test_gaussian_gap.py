"""What a Gaussian makes of one pixel: nothing where it is one, bits where it is not."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.information.densities.stationary.gaussian_gap import gaussian_gap_bits
from hil.information.sample.sample import Sample

RNG = np.random.default_rng(0)
SHAPE = (4, 1, 128, 128)


@pytest.mark.parametrize("discrete", [True, False])
def test_a_gaussian_adds_nothing_to_itself(discrete: bool) -> None:
    y = RNG.normal(500, 20, SHAPE)
    sample = Sample(np.rint(y) if discrete else y, 8, 500.0, 100.0, discrete)
    assert gaussian_gap_bits(sample, 100.0) == pytest.approx(0, abs=0.01)


def test_two_values_far_apart_are_one_bit() -> None:
    sample = Sample(100 * RNG.integers(0, 2, SHAPE), 8, 50.0, 1.0, discrete=True)
    expected = 0.5 * math.log2(2 * math.pi * math.e * 2500) - 1
    assert gaussian_gap_bits(sample, 1.0) == pytest.approx(expected, abs=0.01)


def test_pixels_that_may_not_be_used_are_not_seen() -> None:
    y = RNG.normal(500, 20, SHAPE)
    usable = np.ones((1, 128, 128), bool)
    usable[:, :, 64:] = False
    y[..., 64:] = 1e5
    sample = Sample(y, 8, 500.0, 100.0, False, usable=usable)
    assert gaussian_gap_bits(sample, 100.0) == pytest.approx(0, abs=0.02)
