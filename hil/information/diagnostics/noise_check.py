"""The noise model against the differences of repeats.

Every way in which a camera departs from its model shows here, if frames were repeated: a wrong gain
or an EM register as the ratio of variances, two gains as a ratio that depends on the light, filters
on the camera as correlation of neighbours, row noise as rows that move together, a lamp as frames
that do.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from hil.information.diagnostics.difference_sums import DifferenceSums
from hil.information.diagnostics.spikes import spike_bits
from hil.noise.model import NoiseModel

_RATIO_BOUND = 1.03  # of variances: what a camera and its calibration are expected to keep
_CORRELATION = 0.02  # of neighbours; errs the result by 0.0006 bit, less than anything else
_LEAST_BITS = 0.005  # per pixel: what rows or a lamp add below this is not worth a flag
_MOST_SPIKE_BITS = 0.02  # per pixel: what hits and sparks may pass for
_SIGMAS = 4.0
_CHANCE = 1e-5
_PATCH = 16  # pixels: the side of a patch, for what rows and lamps do to it
_CLEAR_OF_CLIP = 5.0  # standard deviations
_LEAST_LEVEL = 200  # pixels: fewer do not make a level


@dataclass(frozen=True, slots=True)
class NoiseCheck:
    """Noise as the differences of successive repeats show it.

    Parameters
    ----------
    variance_ratio
        Measured over predicted temporal variance, away from the clips.
    error_bits
        1/2 |log2 ratio|: by how much the entropy of the noise is wrong. What clipping can have
        taken of the variance is given back before.
    uncertainty_bits
        Standard error of ``error_bits`` from the number of differences.
    level_error_bits
        The mean of ``error_bits`` of levels of light, as far as they are no chance.
    correlation
        The larger of the two lag-1 correlations, along rows and along columns.
    correlation_se
        Standard error of the correlation for independent pixels.
    row_share, column_share
        Share of the noise's variance that whole rows (columns) have in common.
    line_bits
        Bits per pixel that these pass for; 0 where chance explains them.
    flicker_share
        Relative standard deviation of the light from frame to frame; 0 where chance explains it.
    flicker_bits
        Bits per pixel that it passes for, at most.
    spike_share
        Share of the pixels of a frame that differ from their repeats by more than noise can.
    spike_bits
        Bits per pixel that these pass for, about, where a density holds them: one on codes.
    gaussian_spike_bits
        And where the density is a Gaussian, whose variance they raise.
    """

    variance_ratio: float
    error_bits: float
    uncertainty_bits: float
    level_error_bits: float
    correlation: float
    correlation_se: float
    row_share: float
    column_share: float
    line_bits: float
    flicker_share: float
    flicker_bits: float
    spike_share: float = 0.0
    spike_bits: float = 0.0
    gaussian_spike_bits: float = 0.0

    def mismatch(self, half_width_bits: float, *, on_codes: bool = False) -> bool:
        """Whether the noise model is wrong.

        Its variance by more than the interval admits, or by more than 3 % in any case; or the light
        changes from frame to frame, which the noise model does not have; or so many pixels are hit
        that they count, in a density on codes or in a Gaussian one.
        """
        bound = 0.5 * math.log2(_RATIO_BOUND)
        spikes = self.spike_bits if on_codes else self.gaussian_spike_bits
        allowed = min(half_width_bits, bound) if math.isfinite(half_width_bits) else 0.0
        return (
            self.error_bits > allowed + _SIGMAS * self.uncertainty_bits
            or self.level_error_bits > bound
            or self.flicker_bits > _LEAST_BITS
            or spikes > _MOST_SPIKE_BITS
        )

    @property
    def correlated(self) -> bool:
        """Whether noise of neighbouring pixels goes together: filtering, row noise."""
        near = abs(self.correlation) > _CORRELATION + _SIGMAS * self.correlation_se
        return near or self.line_bits > _LEAST_BITS

    def details(self) -> dict[str, Any]:
        """Give what of it an estimate states."""
        stated: dict[str, Any] = {
            "noise_variance_ratio": self.variance_ratio,
            "noise_correlation": self.correlation,
            "row_noise_share": self.row_share,
            "column_noise_share": self.column_share,
        }
        if self.spike_share > 0:
            stated |= {"spike_share": self.spike_share, "spike_bits": self.spike_bits}
        if self.flicker_share > 0:
            stated |= {"flicker_share": self.flicker_share, "flicker_bits": self.flicker_bits}
        return stated


def check_differences(
    sums: DifferenceSums, noise: NoiseModel, discrete: bool, clipped_share: float = 0.0
) -> NoiseCheck | None:
    """Compare differences with the noise model; None without repeats.

    Parameters
    ----------
    clipped_share
        Of the values, at the upper end: what they lack of variance is no mismatch.
    """
    if sums.size + sums.spikes == 0:
        return None
    # a difference has the hits of two frames
    spikes = sums.spikes / (sums.size + sums.spikes) / 2
    passed_for = spike_bits(spikes, sums.spike_log2 / max(sums.spikes, 1.0))
    if sums.size == 0:
        nothing = (0.0, math.inf, 0.0, 0.0, 0.0, 0.0, 0.0)
        return NoiseCheck(math.inf, math.inf, 0.0, math.inf, *nothing, spikes, passed_for, math.inf)
    found = list(_levels(sums, noise, discrete))
    levels = _unclipped(found, clipped_share)
    predicted, size = sum(level[1] for level in levels), sum(level[2] for level in levels)
    mean = sums.square / sums.size
    strongest = max(
        # frames of one column or row have no neighbours
        sums.along / max(sums.size_along, 1.0),
        sums.down / max(sums.size_down, 1.0),
        key=abs,
    )
    rows = _line_share(sums.rows, sums.n_rows, sums)
    columns = _line_share(sums.columns, sums.n_columns, sums)
    share, bits = _flicker(sums, dark_level_adu(noise))
    return NoiseCheck(
        variance_ratio=_ratio(found, predicted),
        error_bits=_error_bits(_ratio(levels, predicted)),
        uncertainty_bits=_error_se_bits(size),
        level_error_bits=_level_error_bits(levels),
        correlation=strongest / mean if mean > 0 else 0.0,
        correlation_se=1 / math.sqrt(_independent(sums.size)),
        row_share=rows[0],
        column_share=columns[0],
        line_bits=max(_line_bits(*rows), _line_bits(*columns)),
        flicker_share=share,
        flicker_bits=bits,
        spike_share=spikes,
        spike_bits=passed_for,
        gaussian_spike_bits=0.5 * math.log2(1 + sums.spike_square / max(sums.square, 1e-300)),
    )


def _independent(size: float) -> float:
    # successive differences share a frame: as good as 2/3 of as many independent ones
    return max(size * 2 / 3, 1.0)


def _ratio(levels: list[tuple[float, float, float]], predicted: float) -> float:
    return sum(measured for measured, _, _ in levels) / predicted if predicted > 0 else math.inf


def _error_bits(ratio: float) -> float:
    return abs(0.5 * math.log2(ratio)) if 0 < ratio < math.inf else math.inf


def _error_se_bits(size: float) -> float:
    return 0.5 * math.sqrt(2 / _independent(size)) / math.log(2)


def _levels(
    sums: DifferenceSums, noise: NoiseModel, discrete: bool
) -> Iterator[tuple[float, float, float]]:
    """Give sums of measured and predicted variance, and pixels, of levels between the clips.

    Where all levels clip, all of them.
    """
    found, clear = [], []
    lit = np.flatnonzero(sums.level_size > 0)
    for k in lit:
        size = float(sums.level_size[k])
        mean_adu = float(sums.level_mean[k]) / size
        predicted = noise.mean_variance_adu2(mean_adu, discrete)
        level = (float(sums.level_square[k]) / 2, predicted * size, size)
        found.append(level)
        reach = _CLEAR_OF_CLIP * math.sqrt(predicted)
        low = noise.lowest_adu if noise.clips_low else -math.inf
        if low + reach < mean_adu < noise.highest_adu - reach:
            clear.append(level)
    return iter(clear or found)


def _unclipped(
    levels: list[tuple[float, float, float]], clipped_share: float
) -> list[tuple[float, float, float]]:
    """Give back, from the brightest level down, what clipping can have taken of the variance.

    A Gaussian cut off at t standard deviations, which it exceeds with probability q, loses about
    q + t phi(t) - t^2 q of its variance: never more than 2 q, its limit far out. Which pixels clip
    cannot be told from their neighbours, by which levels are sorted, so that the share of all
    values is all that is known.
    """
    if clipped_share <= 0:
        return levels
    brightest = max(predicted / size for _, predicted, size in levels)
    budget = 2 * clipped_share * brightest * sum(size for _, _, size in levels)
    restored = []
    for measured, predicted, size in reversed(levels):
        back = min(max(predicted - measured, 0.0), budget)
        budget -= back
        restored.append((measured + back, predicted, size))
    return restored[::-1]


def _level_error_bits(levels: list[tuple[float, float, float]]) -> float:
    total = sum(size for _, _, size in levels)
    error = 0.0
    for measured, predicted, size in levels:
        if size < _LEAST_LEVEL or predicted <= 0:
            continue
        bits = _error_bits(measured / predicted)
        if bits > _SIGMAS * _error_se_bits(size):
            error += size / total * bits
    return error


def _line_share(lines: float, n: float, sums: DifferenceSums) -> tuple[float, float]:
    """Share of the variance that is common to a line, and its standard error."""
    length = sums.size / max(n, 1.0)
    mean = sums.square / sums.size
    if n < 2 or length < 2 or mean == 0:
        return 0.0, math.inf
    # the mean of all pixels was taken out, and with it a line's worth
    excess = lines / max(n - sums.n_common, 1.0) / mean - 1
    return excess / (length - 1), math.sqrt(2 / _independent(n)) / (length - 1)


def _line_bits(share: float, standard_error: float) -> float:
    """Bits per pixel of a line's common noise, were it information."""
    if share < _SIGMAS * standard_error or share >= 1:
        return 0.0 if share < 1 else math.inf
    return 0.5 * math.log2(1 + _PATCH * share / (1 - share)) / _PATCH


def _flicker(sums: DifferenceSums, dark_adu: float) -> tuple[float, float]:
    """Relative standard deviation of the light over frames, and the bits that it passes for."""
    if sums.n_common == 0 or sums.common_noise == 0:
        return 0.0, 0.0
    from scipy.special import chdtri

    # c^2 over its expectation from noise alone is chi-squared over its degrees
    degrees = _independent(sums.n_common)
    if sums.common / sums.common_noise < float(chdtri(degrees, _CHANCE)) / degrees:
        return 0.0, 0.0
    variance = (sums.common - sums.common_noise) / sums.n_common / 2  # of one frame
    light = float(sums.level_mean.sum() / sums.level_size.sum()) - dark_adu
    noise = sums.square / sums.size / 2
    pixels = _PATCH**2
    bits = 0.5 * math.log2(1 + pixels * variance / noise) / pixels
    return math.sqrt(variance) / light if light > 0 else 0.0, bits


def dark_level_adu(noise: NoiseModel) -> float:
    """Give what a pixel reads without light; 0 where the noise model does not say."""
    return float(getattr(noise, "offset_adu", 0.0))
