"""The photon-transfer curve as a whole: a line, a bent one, two lines, or one for each part.

Gains by part of the sensor (`gain_pattern`), two gains by brightness (`two_gains`) and a bent
response (`bent_line`): each is taken where the frames show it, and a plain line otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.calibration.photon_transfer.line.bent_line import BentFit, fit_bent_line
from hil.calibration.photon_transfer.line.gain_pattern import GainPattern, find_gain_pattern
from hil.calibration.photon_transfer.line.response_bend import STRAIGHT, Bend
from hil.calibration.photon_transfer.line.two_gains import TwoLines, find_two_lines
from hil.calibration.photon_transfer.line.variance_line import (
    ROUNDING_SHOWS_ADU2,
    Line,
    LineBins,
    bin_stacks,
    fit_line,
)
from hil.calibration.photon_transfer.stability import LARGEST_SHARE
from hil.calibration.photon_transfer.stack import Stack

Mask = NDArray[np.bool_]

_PASSES = 3  # of sorting pixels by how far their noise, as fitted, reaches


@dataclass(frozen=True, eq=False)
class TransferCurve:
    """Variance over mean, and what was fitted to it.

    Parameters
    ----------
    bins, used
        All bins, and those that the fit is of.
    line
        V = a + S / g of dim light, with the whole uncertainty of its slope.
    fit
        How the response bends.
    two
        The second gain, where bright pixels have one.
    pattern
        Gains by part of the sensor, where they differ.
    """

    bins: LineBins
    used: Mask
    line: Line
    fit: BentFit
    two: TwoLines | None
    pattern: GainPattern | None

    @property
    def gain_e_per_adu(self) -> float:
        """Electrons per ADU; the mean over parts of the sensor. 1 where variance does not rise."""
        if self.pattern is not None:
            return float(np.mean(self.pattern.gains_e_per_adu))
        return 1 / self.line.slope_adu if self.line.slope_adu > 0 else 1.0

    @property
    def gain_e_per_adu_sd(self) -> float:
        """Its standard uncertainty; infinite where variance does not rise.

        Patterns that `check_stability` lets pass may be any share of the variance up to its limit:
        a rectangular distribution (GUM, 4.3.7), whose standard deviation is added in quadrature.
        """
        if not self.line.slope_adu > 0:
            return math.inf
        gain = self.gain_e_per_adu
        if self.pattern is not None:
            sds = np.asarray(self.pattern.gains_e_per_adu_sd)
            relative = float(np.sqrt((sds**2).sum()) / len(sds)) / gain
        else:
            relative = self.line.slope_sd / self.line.slope_adu
        return gain * math.hypot(relative, LARGEST_SHARE / math.sqrt(12))

    @property
    def variance_misfit(self) -> float:
        """Relative rms by which the noise model's variance is off over the range of light."""
        return self.fit.variance_misfit if self.two is None else 0.0

    @property
    def lines(self) -> list[tuple[LineBins, Line]]:
        """Each line with its bins, over what their variance should be a line in."""
        if self.two is not None:
            return list(zip(self.two.sides, (self.two.below, self.two.above), strict=True))
        fitted = self.bins.only(self.used)
        if self.fit.weight > 0.5:
            fitted = replace(fitted, signal_adu=self.fit.bend.shape(fitted.signal_adu))
        return [(fitted, self.fit.line)]


def fit_transfer(
    stacks: Sequence[Stack],
    offset_adu: Floats,
    usable: Mask,
    top_adu: float,
    bend: Bend | None,
) -> TransferCurve:
    """Fit the curve.

    Parameters
    ----------
    stacks
        Lit ones that nothing spoils.
    offset_adu, usable, top_adu
        As in `bin_stacks`.
    bend
        What the means of several exposures say of the response.
    """
    bins, used, line = _straight(stacks, offset_adu, usable, top_adu)
    plain = BentFit(line, STRAIGHT, 0.0)
    if not line.slope_adu > 0:
        return TransferCurve(bins, used, line, plain, None, None)
    fit = fit_bent_line(bins.only(used), line, bend)

    def curve(signal_adu: Floats) -> Floats:
        shape = fit.weight * fit.bend.shape(signal_adu) + (1 - fit.weight) * signal_adu
        return fit.line.variance(shape)

    def two_lines(chosen: LineBins, pixels: Mask) -> TwoLines | None:
        return find_two_lines(chosen, line, stacks, offset_adu, pixels, top_adu, bend)

    pattern = find_gain_pattern(stacks, offset_adu, usable, top_adu, fit.line, curve)
    if pattern is not None:
        # parts that differ scatter about one line, and within a part two must still be needed
        part = usable & (pattern.part(*usable.shape) == 0)
        alone, alone_used, _ = _straight(stacks, offset_adu, part, top_adu)
        if two_lines(alone.only(alone_used), part) is None:
            return TransferCurve(bins, used, fit.line, fit, None, pattern)
    two = two_lines(bins.only(used), usable)
    if two is None:
        return TransferCurve(bins, used, fit.line, fit, None, pattern)
    everything = np.ones(len(two.bins.signal_adu), dtype=bool)
    return TransferCurve(two.bins, everything, two.below, plain, two, None)


def _straight(
    stacks: Sequence[Stack], offset_adu: Floats, usable: Mask, top_adu: float
) -> tuple[LineBins, Mask, Line]:
    """Sort pixels into bins and fit the line, again as the line says how far noise reaches."""
    line = None
    for _ in range(_PASSES):
        bins = bin_stacks(stacks, offset_adu, usable, top_adu, line)
        used = bins.clear & (bins.variance_adu2 > ROUNDING_SHOWS_ADU2)
        line = fit_line(bins.only(used))
        if not line.slope_adu > 0:
            break
    assert line is not None
    return bins, used, line
