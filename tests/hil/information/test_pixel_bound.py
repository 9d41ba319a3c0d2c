"""The entropy of single pixels: right on average, however few pixels a code has."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import entr

from hil.information import estimate_information
from hil.information.pixel_bound import entropy_of_counts
from hil.noise import CameraNoise, PoissonNoise
from hil.noise.entropy.histogram import AduCounts


@pytest.mark.parametrize(("n_codes", "spread"), [(2, 1.0), (60, 10.0), (600, 60.0)])
def test_it_is_right_on_average(n_codes: int, spread: float) -> None:
    at = np.arange(n_codes) - n_codes / 2
    p = np.exp(-0.5 * (at / spread) ** 2)
    p /= p.sum()
    rng = np.random.default_rng(0)
    n = 30 * n_codes
    drawn = rng.multinomial(n, p, 200)
    found = np.array([entropy_of_counts(AduCounts(0, one.astype(float))) for one in drawn])
    error = found.mean() - float(entr(p).sum())
    assert abs(error) < 4 * found.std() / math.sqrt(200) + 0.002


def test_a_long_tail_is_known_by_few_pixels() -> None:
    """Thousands of codes, most of them of the tail: counted one by one they read too low."""
    camera, quiet = CameraNoise(0.5, 100, 1.6), CameraNoise(0.5, 100, 0.2)
    signal_e = 0.5 * np.arange(1, 8_000)
    p = np.exp(-0.5 * np.log(signal_e / 150) ** 2) / signal_e  # log-normal light of 1 sd
    p /= p.sum()
    for seed in range(3):
        drawn = np.random.default_rng(seed).multinomial(80_000, p).astype(float)
        truth = -(drawn @ np.log(p)) / drawn.sum()
        counts = AduCounts(101, drawn)
        assert entropy_of_counts(counts, camera) == pytest.approx(truth, abs=2e-3)
        assert entropy_of_counts(counts) < truth - 4e-3
        # electrons that show are no smooth law, and are counted code by code
        assert entropy_of_counts(counts, quiet) == entropy_of_counts(counts)


def test_weighted_counts_move_smoothly() -> None:
    values = [
        entropy_of_counts(AduCounts(0, np.array([900.0, few]))) for few in np.linspace(0.01, 6, 300)
    ]
    assert (np.diff(values) > 0).all()
    assert np.diff(values).max() < 3e-4


def test_a_histogram_that_is_not_known_bounds_nothing() -> None:
    assert entropy_of_counts(AduCounts(0, np.ones(50))) == math.inf
    assert entropy_of_counts(None) == math.inf


@pytest.mark.parametrize("estimator", ["predictive", "gaussian", "stationary"])
def test_a_border_that_patches_leave_out_caps_nothing(estimator: str) -> None:
    """A spot in the middle of 12 x 12 pixels, of which a patch of 8 x 8 is cut."""
    rng = np.random.default_rng(3)
    place = np.arange(12) - 5.5
    spot = np.exp(-(place[:, None] ** 2 + place**2) / 8)
    light = 5 * spot * np.exp(0.5 * rng.standard_normal(600))[:, None, None]
    frames = rng.poisson(light).astype(np.uint16)
    found = estimate_information(frames, PoissonNoise(), estimator, 8)
    cut = estimate_information(frames[:, 2:10, 2:10], PoissonNoise(), estimator, 8)
    assert found.details["single_pixel_bits"] == pytest.approx(cut.details["single_pixel_bits"])
    assert found.details["single_pixel_bits"] > 0.3
    assert found.bits_per_pixel > 0.0
