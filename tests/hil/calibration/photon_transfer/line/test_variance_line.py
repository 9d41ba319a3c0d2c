"""The line through variance and mean: found where it is, honest where it cannot be."""

from __future__ import annotations

import numpy as np
import pytest

from hil.calibration.photon_transfer.line.variance_line import ROUNDING_ADU2, LineBins, fit_line

RNG = np.random.default_rng(0)


def bins(signal: np.ndarray, variance: np.ndarray, sd: np.ndarray) -> LineBins:
    n = np.full(len(signal), 1000.0)
    zero = np.zeros(len(signal))
    return LineBins(
        signal_adu=signal,
        variance_adu2=variance,
        n_pixels=n,
        n_repeats=np.full(len(signal), 16.0),
        stack=np.zeros(len(signal), int),
        clear=np.ones(len(signal), bool),
        signal_spread=zero,
        covariance=zero,
        variance_spread=sd**2 * n,
    )


def noisy(seed: int) -> LineBins:
    rng = np.random.default_rng(seed)
    signal = np.linspace(50, 3000, 20)
    truth = 10 + 2 * signal + ROUNDING_ADU2
    sd = 0.005 * truth
    return bins(signal, truth + sd * rng.standard_normal(20), sd)


def test_a_line_without_noise_is_found_exactly() -> None:
    signal = np.linspace(50, 3000, 20)
    line = fit_line(bins(signal, 10 + 2 * signal + ROUNDING_ADU2, np.full(20, 0.1)))
    assert (line.intercept_adu2, line.slope_adu) == pytest.approx((10, 2), rel=1e-6)
    assert line.variance(np.array([100.0])) == pytest.approx(210 + ROUNDING_ADU2)


def test_uncertainties_are_those_of_the_scatter() -> None:
    found = [fit_line(noisy(seed)) for seed in range(200)]
    pull = [(line.slope_adu - 2) / line.slope_sd for line in found]
    assert np.std(pull) == pytest.approx(1, abs=0.25)
    assert np.mean([line.chi2_per_dof for line in found]) == pytest.approx(1, abs=0.15)


def test_two_points_make_no_line() -> None:
    line = fit_line(bins(np.array([10.0, 20.0]), np.array([30.0, 50.0]), np.ones(2)))
    assert line.slope_sd == np.inf
    assert line.dof == 0


def test_a_variance_is_never_below_the_roundings() -> None:
    line = fit_line(noisy(0))
    assert line.variance(np.array([-1e6])) >= ROUNDING_ADU2


def test_some_bins_keep_all_their_columns() -> None:
    chosen = noisy(0).only(np.arange(20) < 3)
    assert len(chosen.signal_adu) == len(chosen.stack) == len(chosen.variance_spread) == 3
