"""The line of variance over mean where the response bends, or may.

V, S, T, g : as in `response_bend`

A line through V over S gives a wrong gain where the mean is off by one per cent only. Means of
several exposures tell the bend far better than V does, but a lamp that drifts from stack to stack
looks the same. So the gain is the mean of the one with T and the one with S, weighted by how well
V agrees with each (Bayesian model averaging, Hoeting et al., Statistical Science 1999), and its
variance holds what lies between the two.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from drivers.types import Floats
from hil.calibration.photon_transfer.line.response_bend import MOST_BEND, STRAIGHT, Bend
from hil.calibration.photon_transfer.line.variance_line import Line, LineBins, fit_line

_SHOWS = 9.0  # chi2 that a bend of the variances alone must take away


@dataclass(frozen=True)
class BentFit:
    """The line of V over T or S, or between the two.

    Parameters
    ----------
    line
        Slope 1 / g with its whole uncertainty.
    bend
        How V bends as it was taken to: `STRAIGHT` for not at all.
    weight
        Of T; 1 - weight is that of S.
    """

    line: Line
    bend: Bend
    weight: float

    @property
    def variance_misfit(self) -> float:
        """Relative rms by which V differs from a + S / g, over signals up to the brightest."""
        if self.bend is STRAIGHT:
            return 0.0
        s = np.linspace(0, self.bend.brightest_adu, 51)[1:]
        return self.weight * float(np.sqrt(((self.bend.shape(s) / s - 1) ** 2).mean()))


def fit_bent_line(bins: LineBins, straight: Line, bend: Bend | None) -> BentFit:
    """Weigh the bent line and the straight one by the variances.

    Parameters
    ----------
    bins
        That the line was fitted to.
    straight
        The line of V over S.
    bend
        What stacks of several exposures say; None where they say nothing: then the variances alone
        may still show a bend.
    """
    if bend is STRAIGHT or not straight.slope_adu > 0 or not math.isfinite(straight.slope_sd):
        return BentFit(straight, STRAIGHT, 0.0)
    if bend is None:
        return _by_variance(bins, straight)
    bent = _line_over(bins, bend)
    inflation = max(1.0, min(bent.chi2_per_dof, straight.chi2_per_dof))
    better = (straight.chi2_per_dof * straight.dof - bent.chi2_per_dof * bent.dof) / inflation
    weight = 1 / (1 + math.exp(-min(max(better / 2, -50.0), 50.0)))
    line = _between(bent, straight, weight)
    if not bend.of_the_lamp:
        # exposures bend no mean: where variances do not follow, the gain may be anywhere between
        apart = (1 - weight) * (bent.slope_adu - straight.slope_adu) ** 2 / 12
        line = replace(line, slope_sd=math.sqrt(line.slope_sd**2 + apart))
    over = bend.shape(bins.signal_adu) if weight > 0.5 else bins.signal_adu
    p, covariance = _with_square(bins, over, line)
    if p[2] ** 2 > _SHOWS * covariance[2, 2]:
        # neither is all that there is
        apart = (p[1] - line.slope_adu) ** 2 / 3
        line = replace(line, slope_sd=math.sqrt(line.slope_sd**2 + apart))
    return BentFit(line, bend, weight)


def _by_variance(bins: LineBins, straight: Line) -> BentFit:
    """Take f's second power from the variances, where they show it."""
    p, covariance = _with_square(bins, bins.signal_adu, straight)
    if p[1] <= 0 or p[2] ** 2 < _SHOWS * covariance[2, 2]:
        return BentFit(straight, STRAIGHT, 0.0)
    top = float(bins.signal_adu.max())
    curved = float(p[2] * top / (3 * p[1]))
    curved_sd = float(math.sqrt(covariance[2, 2]) * top / (3 * p[1]))
    if abs(curved) > MOST_BEND:
        return BentFit(straight, STRAIGHT, 0.0)
    found = Bend(curved / top, 0.0, top, curved, curved_sd, top)
    line = _line_over(bins, found)
    slope_sd = math.hypot(line.slope_sd, math.sqrt(covariance[1, 1]))
    return BentFit(replace(_between(line, straight, 1.0), slope_sd=slope_sd), found, 1.0)


def _with_square(bins: LineBins, over_adu: Floats, line: Line) -> tuple[Floats, Floats]:
    """Fit V = p0 + p1 x + p2 x^2 to bins at x, ADU; give p and its covariance."""
    weight = 1 / bins.scatter(line.slope_adu)
    top = float(over_adu.max())
    powers = (over_adu / top)[:, None] ** np.arange(3)
    design = powers * weight[:, None]
    inverse = np.linalg.pinv(design.T @ design)
    p = inverse @ (design.T @ (bins.variance_adu2 * weight))
    scale = top ** -np.arange(3.0)
    excess = max(1.0, line.chi2_per_dof)
    return np.asarray(p * scale), np.asarray(excess * inverse * np.outer(scale, scale))


def _line_over(bins: LineBins, bend: Bend) -> Line:
    return fit_line(replace(bins, signal_adu=bend.shape(bins.signal_adu)))


def _between(bent: Line, straight: Line, weight: float) -> Line:
    a = weight * bent.intercept_adu2 + (1 - weight) * straight.intercept_adu2
    b = weight * bent.slope_adu + (1 - weight) * straight.slope_adu
    apart = bent.slope_adu - straight.slope_adu
    mean2 = weight * bent.slope_sd**2 + (1 - weight) * straight.slope_sd**2
    sd = math.sqrt(mean2 + weight * (1 - weight) * apart**2)
    better = bent if weight > 0.5 else straight
    return replace(better, intercept_adu2=a, slope_adu=b, slope_sd=sd)
