"""H(Y|X) of a sample: the mean of phi over its values, and what their histogram adds to it.

phi is a function of one pixel, so that every patch has a value of its own and means bootstrap and
merge; but few photons, coarse ADU and clipping allow none without bias. The histogram of all
integer pixels tells the light behind them (`npmle`) and so the bias, which is taken off all patches
alike.
"""

from __future__ import annotations

import math
from functools import reduce
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.information.adu_counts import AduCounts
from hil.information.noise_model import NoiseModel, PhiShift, ShiftedPhi
from hil.information.sample import Sample

Floats = NDArray[np.float64]

_NATS_PER_BIT = math.log(2)
_THINNED = 20_000  # pixels, which say between which ADU most lie
_LEAST_DOUBT_BITS = 0.01


def conditional_nats(sample: Sample) -> tuple[Floats, PhiShift]:
    """H(Y|X) of each patch; sums over a sample's patches estimate it.

    Parameters
    ----------
    sample
        Whose noise model, or whose channels' noise models, are known.

    Returns
    -------
    nats
        (F, R * T) per value, shifted already.
    shift
        By how much, and what doubt is left; of several channels, what they come to together.
    """
    each = [_of_channel(one) for one in sample.by_channel()]
    nats, shifts = zip(*each, strict=True)
    shift = reduce(add, (one.scaled(1 / len(each)) for one in shifts))
    return np.asarray(np.mean(nats, axis=0), dtype=np.float64), shift


def _of_channel(sample: Sample) -> tuple[Floats, PhiShift]:
    assert sample.noise is not None  # an estimate is never made without
    pixels = sample.raw_patches
    # overlapping patches show pixels more than once, which is no more to go by
    own_share = sample.n_scenes / (sample.n_fields * sample.places.shape[1])
    shift = phi_shift_of(sample.noise, pixels, sample.discrete, own_share)
    nats = sample.noise.entropy_phi_nats(pixels, sample.discrete).mean(axis=2)
    return nats + shift.nats, shift


def phi_shift_of(
    noise: NoiseModel, pixels: NDArray[Any], discrete: bool, own_share: float = 1.0
) -> PhiShift:
    """Give what the mean of phi over ``pixels``, of any shape, lacks.

    Parameters
    ----------
    own_share
        How many of them are not there twice, as a share.
    """
    counts = AduCounts.of(pixels) if discrete and isinstance(noise, ShiftedPhi) else None
    thinned = pixels.reshape(-1)[:: max(1, pixels.size // _THINNED)]
    low, high = np.percentile(thinned, [1, 99])
    counts = None if counts is None else counts.scaled(own_share)
    return phi_shift(noise, counts, float(low), float(high), discrete)


def phi_shift(
    noise: NoiseModel, counts: AduCounts | None, low_adu: float, high_adu: float, discrete: bool
) -> PhiShift:
    """Give what the mean of phi over the pixels of ``counts`` lacks.

    Parameters
    ----------
    counts
        None where there is no histogram: then nothing is added, and the bias that phi has between
        ``low_adu`` and ``high_adu`` is the deviation.
    """
    if counts is None or not discrete or not isinstance(noise, ShiftedPhi):
        return PhiShift(sd_nats=noise.phi_bias_nats(low_adu, high_adu, discrete))
    return noise.phi_shift(counts)


def conditional_entropy_nats(noise: NoiseModel, pixels: NDArray[Any], discrete: bool) -> float:
    """H(Y|X) of pixels of any shape, nats per pixel."""
    phi = float(noise.entropy_phi_nats(pixels, discrete).mean())
    return phi + phi_shift_of(noise, pixels, discrete).nats


def coarse_counts(shift: PhiShift, gaussian: bool, half_width_bits: float) -> bool:
    """Whether integers are too coarse for the estimate, beyond its interval.

    Parameters
    ----------
    gaussian
        Whether H(Y) is from a Gaussian family, which takes the noise for Gaussian too.
    half_width_bits
        Of the interval; NaN where there is none.
    """
    doubt = shift.sd_nats
    if gaussian:
        doubt = max(doubt, abs(shift.gaussian_gap_nats))
    allowed = half_width_bits if math.isfinite(half_width_bits) else 0.0
    return doubt / _NATS_PER_BIT > max(allowed, _LEAST_DOUBT_BITS)


def doubts_in_bits(shift: PhiShift) -> dict[str, float]:
    """Give an estimate's details of H(Y|X)."""
    return {
        "h_y_given_x_bias_bits": shift.sd_nats / _NATS_PER_BIT,
        "noise_gap_bits": shift.gaussian_gap_nats / _NATS_PER_BIT,
    }
