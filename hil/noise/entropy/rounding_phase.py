"""Integers under Gaussian noise so narrow that it matters where between two of them the scene lies.

x : mean of a pixel, ADU, before rounding          phase : x less the nearest integer
h : (rows,) entropy of round(x + N(0, sigma^2)) on a grid of x, nats

What the phase adds to h falls as exp(-2 pi^2 sigma^2), by Poisson summation: to less than 1e-5 nats
from 0.8 ADU on. Below, no phi but a constant is invariant to shifts; but the histogram says where x
lies, down to about 0.25 ADU (see `npmle`). Narrower noise does not even that: the deviation that is
given with the result then is tenths of a nat.

A histogram is taken apart at gaps that noise cannot bridge. Parts that are many ADU wide hold all
phases alike, and stay with the mean over the phase.
"""

from __future__ import annotations

import math

import numpy as np

from drivers.types import Floats
from hil.noise.entropy.gaussian_gap import gaussian_gap_nats
from hil.noise.entropy.histogram import AduCounts
from hil.noise.entropy.mixing_distribution import fit_mixing
from hil.noise.entropy.phi_shift import PhiShift

PHASE_MATTERS_ADU = 0.8
_PHASES = 64
_STEP = 0.1  # of x's grid, in sigma
_FINEST_ADU = 1 / 64
_WIDEST_ADU = 64
_SMALLEST_SHARE = 1e-3  # of the pixels; a part of fewer changes the mean by less than as many bits
_REACH = 10.0  # sigma


def rounded_distribution(sigma_adu: float, x_adu: Floats) -> tuple[Floats, Floats]:
    """Entropy, nats, and variance, ADU^2, of round(x + N(0, sigma^2)), each like ``x_adu`` (n,)."""
    from scipy.special import entr, ndtr

    reach = math.ceil(_REACH * sigma_adu) + 1
    y = np.arange(-reach, reach + 1)
    edges = np.arange(-reach, reach + 2) - 0.5
    phase = x_adu - np.rint(x_adu)
    probability = np.diff(ndtr((edges - phase[:, None]) / sigma_adu), axis=1)
    variance = probability @ y**2 - (probability @ y) ** 2
    return entr(probability).sum(axis=1), variance


def mean_over_phase_nats(sigma_adu: float) -> float:
    """Average h over all x."""
    phase = (np.arange(_PHASES) + 0.5) / _PHASES - 0.5
    return float(rounded_distribution(sigma_adu, phase)[0].mean())


def phase_shift(sigma_adu: float, counts: AduCounts) -> PhiShift:
    """Find how far the mean of h over the pixels of ``counts`` is from that over the phase."""
    phase = (np.arange(_PHASES) + 0.5) / _PHASES - 0.5
    h, variance = rounded_distribution(sigma_adu, phase)
    average, most_sd = float(h.mean()), float(h.std())
    everywhere = PhiShift(0.0, most_sd, float(gaussian_gap_nats(h, variance).mean()))
    seen = np.flatnonzero(counts.counts)
    gaps = np.flatnonzero(np.diff(seen) > 2 * _REACH * sigma_adu + 1)
    total = PhiShift()
    for part in np.split(seen, gaps + 1):
        share = float(counts.counts[part].sum()) / counts.n
        here = everywhere
        if part[-1] - part[0] <= _WIDEST_ADU and share > _SMALLEST_SHARE:
            x, likelihood = _likelihood(sigma_adu, counts.adu[part].astype(np.float64))
            h, variance = rounded_distribution(sigma_adu, x)
            mixing = fit_mixing(likelihood, counts.counts[part])
            here = PhiShift(
                mixing.mean(h) - average,
                min(mixing.mean_sd(h), most_sd),
                mixing.mean(gaussian_gap_nats(h, variance)),
            )
        total += here.scaled(share)
    return total


def _likelihood(sigma_adu: float, adu: Floats) -> tuple[Floats, Floats]:
    """Grid of x, and P(y | x) of the integers ``adu`` that were seen."""
    from scipy.special import ndtr

    reach = 0.5 + 3 * sigma_adu
    low, high = float(adu[0]) - reach, float(adu[-1]) + reach
    x = np.linspace(low, high, math.ceil((high - low) / max(_STEP * sigma_adu, _FINEST_ADU)) + 1)
    ends = [(adu + side - x[:, None]) / sigma_adu for side in (-0.5, 0.5)]
    return x, ndtr(ends[1]) - ndtr(ends[0])
