"""The probability that two noisy pixels agree, against draws and against Poisson's own."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ive

from hil.rig.guards.chance import log10_agree
from hil.rig.guards.known_noise import KnownNoise


@pytest.mark.parametrize("sigma", [0.7, 1.0, 3.0, 20.0])
def test_a_rounded_gaussian_agrees_as_often_as_draws_do(sigma: float) -> None:
    rng = np.random.default_rng(1)
    phase = rng.random(400_000)
    one, other = (np.rint(phase + rng.normal(0, sigma, 400_000)) for _ in range(2))
    noise = KnownNoise(lambda mean: sigma**2 + 1 / 12)
    found = 10 ** float(log10_agree(np.array([500]), noise, 65535)[0])
    drawn = float(np.mean(one == other))
    assert 0.97 * drawn < found < 1.12 * drawn, "too likely is the safe side"


@pytest.mark.parametrize(("mean", "low", "high"), [(1.0, 0.85, 1.15), (20.0, 0.97, 1.03)])
def test_counts_agree_as_poisson_says(mean: float, low: float, high: float) -> None:
    noise = KnownNoise(lambda m: max(m, 0.0) + 1 / 12, 0.0, 1.0)
    found = 10 ** float(log10_agree(np.array([mean]), noise, 65535)[0])
    assert low < found / float(ive(0, 2 * mean)) < high


@pytest.mark.parametrize("mean", [0.001, 0.05])
def test_few_counts_count_as_sure(mean: float) -> None:
    noise = KnownNoise(lambda m: mean + 1 / 12, 0.0, 1.0)
    assert float(log10_agree(np.array([1.0]), noise, 65535)[0]) == 0.0
    assert math.log10(float(ive(0, 2 * mean))) < 0


def test_electrons_that_show_one_by_one_are_counted_so() -> None:
    four = KnownNoise(lambda m: 16 * 5.0 + 1 / 12, 0.0, 4.0)
    found = 10 ** float(log10_agree(np.array([20]), four, 65535)[0])
    assert found == pytest.approx(float(ive(0, 2 * 5.0)), rel=0.05)


def test_pixels_that_clip_agree_surely() -> None:
    noise = KnownNoise(lambda m: 9.0)
    assert list(log10_agree(np.array([0, 50, 255]), noise, 255) < 0) == [False, True, False]
