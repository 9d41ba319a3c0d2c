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

from drivers.types import Floats
from hil.information.sample.field_groups import field_groups
from hil.information.sample.sample import Sample
from hil.noise.entropy.histogram import AduCounts, joined
from hil.noise.entropy.phi_shift import PhiShift
from hil.noise.model import NoiseModel, ShiftedPhi

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
    noise, discrete, n_places = sample.noise, sample.discrete, sample.places.shape[1]
    nats = np.empty((sample.n_fields, sample.n_repeats * n_places))
    step = max(1, nats.size * sample.values_per_patch // _THINNED)
    seen: AduCounts | None = None
    thinned = []
    for group in field_groups(sample.frames):
        pixels = sample.some(np.arange(sample.n_fields)[group]).raw_patches
        nats[group] = noise.entropy_phi_nats(pixels, discrete).mean(axis=2)
        counts = _counts(noise, pixels, discrete)
        seen = counts if group.start == 0 else joined(seen, counts)
        thinned.append(pixels.reshape(-1)[::step].copy())  # not all of them
    low, high = np.percentile(np.concatenate(thinned), [1, 99])
    if seen is not None:
        # overlapping patches show pixels more than once, which is no more to go by
        seen = seen.scaled(sample.n_scenes / (sample.n_fields * n_places))
    shift = phi_shift(noise, seen, float(low), float(high), discrete)
    return nats + shift.nats, shift


def _counts(noise: NoiseModel, pixels: NDArray[Any], discrete: bool) -> AduCounts | None:
    return AduCounts.of(pixels) if discrete and isinstance(noise, ShiftedPhi) else None


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


def phi_shift_of(noise: NoiseModel, pixels: NDArray[Any], discrete: bool) -> PhiShift:
    """Give what the mean of phi over ``pixels``, of any shape, lacks."""
    low, high = np.percentile(pixels.reshape(-1)[:: max(1, pixels.size // _THINNED)], [1, 99])
    return phi_shift(noise, _counts(noise, pixels, discrete), float(low), float(high), discrete)


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


def shift_in_bits(shift: PhiShift) -> dict[str, float]:
    """Give an estimate's details of H(Y|X)."""
    return {
        "h_y_given_x_bias_bits": shift.sd_nats / _NATS_PER_BIT,
        "noise_gap_bits": shift.gaussian_gap_nats / _NATS_PER_BIT,
    }
