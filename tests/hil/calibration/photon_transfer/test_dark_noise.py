"""Read noise as coarse as the rounding, and noise that is cut off at zero."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from hil.calibration.photon_transfer.dark_noise import pair_sigma_adu, unclipped_moments


def pairs_of(offset_adu: np.ndarray, sigma_adu: float, seed: int) -> np.ndarray:
    """Values of two frames and how many pixels had them."""
    rng = np.random.default_rng(seed)
    noise = sigma_adu * rng.standard_normal((2, offset_adu.size))
    values = np.clip(np.rint(offset_adu + noise), 0, None).astype(np.int64)
    found, counts = np.unique(values, axis=1, return_counts=True)
    return np.stack([*found, counts], axis=1)


N = 60_000
OFFSETS = {
    "between two integers": np.full(N, 99.5),
    "on one": np.full(N, 100.0),
    "spread by 0.3 ADU": np.random.default_rng(0).normal(100.2, 0.3, N),
    "spread by 5 ADU": np.random.default_rng(0).normal(100.2, 5.0, N),
    "of two converters": np.repeat([99.2, 100.7], N // 2),
    "at 0": np.full(N, 0.6),
}


@pytest.mark.parametrize("sigma_adu", [0.3, 0.5, 0.75])
@pytest.mark.parametrize("offsets", OFFSETS.values(), ids=OFFSETS.keys())
def test_noise_is_found_under_the_rounding(offsets: np.ndarray, sigma_adu: float) -> None:
    sigma, sd = pair_sigma_adu(pairs_of(offsets, sigma_adu, seed=1))
    assert sigma == pytest.approx(sigma_adu, rel=0.05)
    assert abs(sigma - sigma_adu) < 4 * sd


def test_noise_that_the_rounding_swallows_is_said_to_be_unknown() -> None:
    """Half the values are 99, half 100, whatever sigma is."""
    sigma, sd = pair_sigma_adu(pairs_of(np.full(N, 99.5), 0.1, seed=1))
    assert sd > 0.5 * sigma


@pytest.mark.parametrize("mu", [3.0, 1.5, 0.5])
def test_moments_of_a_gaussian_cut_off_at_zero_are_undone(mu: float) -> None:
    above, density = norm.cdf(mu), norm.pdf(mu)
    mean = mu * above + density
    variance = (mu**2 + 1) * above + mu * density - mean**2
    found_mean, found_variance = unclipped_moments(100 * mean, 1e4 * variance)
    assert found_mean == pytest.approx(100 * mu, rel=1e-6)
    assert math.sqrt(found_variance) == pytest.approx(100, rel=1e-6)
