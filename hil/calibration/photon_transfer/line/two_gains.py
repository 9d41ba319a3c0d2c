"""Two gains merged into one image: dim pixels are read by one converter, bright ones by another.

J     : the join, signal above the dark, ADU         g, g' : electrons per ADU below and above it
s, s' : read noise, electrons                        o'    : signal where the second gain starts
V = a + S / g below J,    V = a' + S / g' above

    a' = (s' / g')^2 - o' / g'

J is where two lines fit best, and better than a curve of as many parameters does. Pixels whose
noise reaches J are left out of both lines, by their means. The variance says a', not s' and o'
apart: where the mean does not jump at J, o' = J (1 - g / g'); where that leaves no read noise, s'
is taken to be s. Either way the variance is the measured one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.calibration.photon_transfer.line.response_bend import Bend
from hil.calibration.photon_transfer.line.variance_line import (
    ROUNDING_ADU2,
    Line,
    LineBins,
    bin_stacks,
    fit_line,
)
from hil.calibration.photon_transfer.stability import LARGEST_SHARE
from hil.calibration.photon_transfer.stack import Stack

Mask = NDArray[np.bool_]

_LEAST_BINS = 4  # on each side
_LEAST_SPAN = 1.1  # brightest over dimmest: one level of even light makes no line
_LEFT_OUT_COSTS = 1.2  # chi2 of a bin that is too near to the join
_SIGNIFICANT = 30.0  # chi2 that a second line must take away
_BEFORE_A_CURVE = 12.0  # chi2 by which two lines must be better than a cubic
_REACH = 4.0  # standard deviations of the noise, about the join
_DIFFERENT = 4.0  # standard uncertainties between the two lines


@dataclass(frozen=True)
class GainAbove:
    """The second of two gains.

    Parameters
    ----------
    join_adu, join_adu_sd
        From here on pixels are read by it, ADU as read.
    gain_e_per_adu, gain_e_per_adu_sd
        Electrons per ADU.
    offset_adu
        What the second converter's line starts from, ADU as read.
    read_noise_e
        Its read noise, electrons rms.
    """

    join_adu: float
    join_adu_sd: float
    gain_e_per_adu: float
    gain_e_per_adu_sd: float
    offset_adu: float
    read_noise_e: float

    def to_json(self) -> dict[str, Any]:
        """Give what JSON can hold; infinite uncertainties as null."""
        return {
            name: value if math.isfinite(value) else None for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> GainAbove:
        """Rebuild what `to_json` gave."""
        return cls(**{key: math.inf if value is None else value for key, value in document.items()})


@dataclass(frozen=True, eq=False)
class TwoLines:
    """Both lines, and the bins that they were fitted to."""

    join_adu: float
    join_adu_sd: float
    below: Line
    above: Line
    sides: tuple[LineBins, LineBins]

    @property
    def bins(self) -> LineBins:
        """Of both sides."""
        return LineBins(
            **{
                field.name: np.concatenate([getattr(side, field.name) for side in self.sides])
                for field in fields(LineBins)
            }
        )

    def variance_adu2(self, signal_adu: Floats) -> Floats:
        """Variance at signals above the dark, rounding included."""
        dim, bright = self.below.variance(signal_adu), self.above.variance(signal_adu)
        return np.asarray(np.where(signal_adu > self.join_adu, bright, dim))


def find_two_lines(
    bins: LineBins,
    line: Line,
    stacks: Sequence[Stack],
    offset_adu: Floats,
    usable: Mask,
    top_adu: float,
    bend: Bend | None,
) -> TwoLines | None:
    """Find two gains; None where one line, or a curve, says as much.

    Parameters
    ----------
    bins, line
        All that can be used, and the line through it.
    stacks, offset_adu, usable, top_adu
        As in `bin_stacks`.
    bend
        Of the response; a line over it must not say as much. None where there is none.
    """
    join = _best_join(bins, line, bend)
    if join is None:
        return None
    low, high = join
    dark = float(offset_adu[usable].mean())
    below = bin_stacks(stacks, offset_adu, usable, low + dark, line)
    above = bin_stacks(stacks, offset_adu, usable, top_adu, line, bottom_adu=high + dark)
    parts = [one.only(one.clear & (one.variance_adu2 > 0.64)) for one in (below, above)]
    if min(len(part.signal_adu) for part in parts) < _LEAST_BINS:
        parts = [_one_side(bins, line, low, -1), _one_side(bins, line, high, 1)]
    lines = [fit_line(part) for part in parts]
    if not all(one.slope_adu > 0 for one in lines) or not _apart(parts, lines, (low + high) / 2):
        return None
    sides = parts[0], parts[1]
    return TwoLines((low + high) / 2, (high - low) / math.sqrt(12), lines[0], lines[1], sides)


def gain_above(two: TwoLines, read_noise_e: float, dark_adu: float) -> GainAbove:
    """Turn the second line into a gain, an offset and a read noise.

    Parameters
    ----------
    read_noise_e
        Of the first gain.
    dark_adu
        What a dark pixel reads.
    """
    first, gain = 1 / two.below.slope_adu, 1 / two.above.slope_adu
    start = two.join_adu * (1 - first / gain)
    read2 = (two.above.intercept_adu2 + start / gain) * gain**2
    if read2 < (read_noise_e / 2) ** 2:
        read2 = read_noise_e**2
        start = (read2 / gain**2 - two.above.intercept_adu2) * gain
    return GainAbove(
        join_adu=two.join_adu + dark_adu,
        join_adu_sd=two.join_adu_sd,
        gain_e_per_adu=gain,
        gain_e_per_adu_sd=gain
        * math.hypot(gain * two.above.slope_sd, LARGEST_SHARE / math.sqrt(12)),
        offset_adu=start + dark_adu,
        read_noise_e=math.sqrt(read2),
    )


def _best_join(bins: LineBins, line: Line, bend: Bend | None) -> tuple[float, float] | None:
    """Give signals just below and just above the join."""
    if len(bins.signal_adu) < 2 * _LEAST_BINS + 2 or not math.isfinite(line.slope_sd):
        return None
    order = np.argsort(bins.signal_adu)
    s, v = bins.signal_adu[order], bins.variance_adu2[order] - ROUNDING_ADU2
    root = 1 / bins.scatter(line.slope_adu)[order]

    def chi2(chosen: Mask, x: Floats, degree: int) -> float:
        powers = (x[chosen] / s[-1])[:, None] ** np.arange(degree + 1)
        design = powers * root[chosen][:, None]
        y = v[chosen] * root[chosen]
        solution = np.linalg.lstsq(design, y, rcond=None)[0]
        return float(((y - design @ solution) ** 2).sum())

    best: tuple[float, int, Mask, float] | None = None
    for k in range(_LEAST_BINS, len(s) - _LEAST_BINS + 1):
        at = (s[k - 1] + s[k]) / 2
        reach = _REACH * math.sqrt(float(line.variance(np.array([at]))[0]))
        dim, bright = s < at - reach, s > at + reach
        if min(dim.sum(), bright.sum()) < _LEAST_BINS:
            continue
        kept = np.asarray(dim | bright)
        left = chi2(dim, s, 1) + chi2(bright, s, 1)
        score = left + _LEFT_OUT_COSTS * float((~kept).sum())
        if best is None or score < best[0]:
            best = score, k, kept, left
    if best is None:
        return None
    _, k, kept, left = best
    if min(_span(s[:k][kept[:k]]), _span(s[k:][kept[k:]])) < _LEAST_SPAN:
        return None  # the join is next to the last level: one side's line is not to be had
    gained = chi2(kept, s, 1) - left
    excess = max(1.0, left / max(int(kept.sum()) - 4, 1))
    curves = [chi2(kept, s, 3)]
    if bend is not None:
        curves.append(chi2(kept, bend.shape(s), 1))
    if gained < _SIGNIFICANT * excess or min(curves) - left < _BEFORE_A_CURVE * excess:
        return None
    return float(s[best[1] - 1]), float(s[best[1]])


def _span(signal_adu: Floats) -> float:
    """Give the ratio of the brightest to the dimmest of bins in order."""
    return float(signal_adu[-1] / max(float(signal_adu[0]), 1e-9))


def _one_side(bins: LineBins, line: Line, join: float, side: int) -> LineBins:
    reach = _REACH * math.sqrt(float(line.variance(np.array([join]))[0]))
    return bins.only((bins.signal_adu - join) * side > reach)


def _apart(parts: Sequence[LineBins], lines: Sequence[Line], join: float) -> bool:
    """Whether slopes differ, or variances at the join, by more than chance."""
    below, above = lines
    slope = abs(above.slope_adu - below.slope_adu)
    if slope > _DIFFERENT * math.hypot(above.slope_sd, below.slope_sd):
        return True
    gap = 0.0
    variance = 0.0
    for part, line, sign in zip(parts, lines, (-1, 1), strict=True):
        weight = 1 / part.scatter(line.slope_adu) ** 2
        centre = float(np.average(part.signal_adu, weights=weight))
        gap += sign * (line.intercept_adu2 + line.slope_adu * join)
        variance += max(1.0, line.chi2_per_dof) / float(weight.sum())
        spread = 0.0 if not math.isfinite(line.slope_sd) else line.slope_sd
        variance += (spread * (join - centre)) ** 2
    return abs(gap) > _DIFFERENT * math.sqrt(variance)
