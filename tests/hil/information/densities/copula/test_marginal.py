"""Distributions of single pixels: left out by fold, coded, clipped."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.information.densities.copula.marginal import (
    BANDWIDTHS,
    MarginalCoding,
    clipped,
    fit_marginals,
)
from hil.information.sample.sample import Sample


def test_marginals_are_laws_and_leave_their_fold_out() -> None:
    rng = np.random.default_rng(8)
    counts = np.array([np.bincount(rng.poisson(40, 500), minlength=120) for _ in range(4)])
    everything, others, bandwidths = fit_marginals(counts.astype(float), np.full(120, 40.0))
    for distribution in (everything, *others):
        assert distribution.sum() == pytest.approx(1)
        assert distribution.min() > 0
    # few pixels on many codes: smoothing pays
    assert bandwidths[0] > 0
    assert set(bandwidths) <= set(BANDWIDTHS)
    counts[2] = np.bincount(rng.poisson(40, 500), minlength=120)
    assert np.array_equal(fit_marginals(counts.astype(float), np.full(120, 40.0))[1][2], others[2])


def test_codes_of_real_and_of_vast_numbers() -> None:
    real = Sample(np.random.default_rng(1).normal(0, 5, (2, 1, 9, 9)), 3, 0.0, 4.0, discrete=False)
    coding = MarginalCoding.of(real)
    assert coding.step_adu == pytest.approx(2 / 16)
    assert np.abs(coding.adu()[coding.encode(real.frames)] - real.frames).max() <= 1 / 16 + 1e-12
    vast = Sample(np.array([[[[0, 2**31]]], [[[5, 7]]]], np.uint32), 1, 0.0, 4.0, discrete=True)
    coding = MarginalCoding.of(vast)
    assert coding.n_codes <= 2**17 + 1
    assert coding.log_step_nats == pytest.approx(math.log(coding.step_adu))


def test_an_atom_at_an_end_of_the_histogram_is_a_clip() -> None:
    rng = np.random.default_rng(15)
    plain = np.bincount(np.rint(rng.normal(60, 9, 50_000)).astype(int)).astype(float)
    plain = plain[plain.nonzero()[0][0] :]
    assert not clipped(plain)
    for cut in (80, 60):
        top = np.append(plain[: cut - 20], plain[cut - 20 :].sum())
        assert clipped(top)
        assert clipped(top[::-1])
    assert not clipped(np.array([5.0, 9.0]))
