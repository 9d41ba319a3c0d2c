"""A response that is not quite a straight line, and what it does to the gain.

L : signal that is proportional to the light, ADU     S : signal above the dark as it is read
S = f(L) = L + c2 L^2 + c3 L^3, so that the gain g is that of dim light
H : exposure times light                              m_j : mean of L^j over pixels, over (mean L)^j

    mean S over pixels = a0 + p H + p2 H^2 + p3 H^3,    c_j = p_j / (p^j m_j)
    V = a + f'(L)^2 L / g = a + T(S) / g,               T = S (1 + 3 c2 S + ..)

The variance bends three times as much as the mean (Janesick, Photon Transfer, 2007, ch. 9), so that
a line through it gives a wrong gain where the mean is off by one per cent only. Stacks of several
exposures tell f far better than the variance does, but a lamp that drifts from stack to stack looks
the same. So the gain is the mean of the one with T and the one with S, weighted by how well the
variances agree with each (Bayesian model averaging, Hoeting et al., Stat. Sci. 1999), and its
variance holds what lies between the two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hil.calibration.variance_line import Bins, Line, fit_line

Floats = NDArray[np.float64]

_LAMP_REPEATS = 1e-4  # relative: how well a lamp comes back from one level to the next
_SIGNIFICANT = 9.0  # chi2 that a further power must take away
_MOST_BEND = 0.2  # beyond, f is no small correction
_KNOWN = 3.0  # standard uncertainties
_EVEN = 2.0  # brightest pixels over the mean, up to which a scene is even
_SHOWS = 9.0  # chi2 that a bend of the variances alone must take away


@dataclass(frozen=True)
class Bend:
    """The response f.

    Parameters
    ----------
    c2, c3
        1/ADU and 1/ADU^2.
    brightest_adu
        Up to which S it was measured, in the mean over pixels.
    relative
        (f(L) - L) / L there.
    relative_sd
        Its standard uncertainty.
    reach_adu
        L of the brightest pixels; beyond, V is taken to go on as a line from the origin.
    of_the_lamp
        Whether the light was varied rather than the exposure.
    """

    c2: float
    c3: float
    brightest_adu: float
    relative: float
    relative_sd: float
    reach_adu: float
    of_the_lamp: bool = False

    def shape(self, signal_adu: Floats) -> Floats:
        """Give T, ADU, at S."""
        end = self.reach_adu * (1 + self.c2 * self.reach_adu + self.c3 * self.reach_adu**2)
        s = np.asarray(signal_adu, dtype=np.float64)
        inside = np.clip(s, -end, end) if end > 0 else s
        light = inside.copy()
        for _ in range(8):  # Newton's steps; f is nearly L
            slope = 1 + 2 * self.c2 * light + 3 * self.c3 * light**2
            light -= (light + self.c2 * light**2 + self.c3 * light**3 - inside) / slope
        slope = 1 + 2 * self.c2 * light + 3 * self.c3 * light**2
        # 1 where there is no signal
        beyond = np.divide(s, inside, out=np.ones_like(s), where=inside != 0)
        return np.asarray(slope**2 * light * beyond)


STRAIGHT = Bend(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def fit_bend(
    h: Floats,
    s: Floats,
    relative_sd: Floats,
    moments: Sequence[float],
    reach: float,
    of_the_lamp: bool,
) -> Bend | None:
    """Fit f to means over pixels: `STRAIGHT` where it is; None where too few levels tell.

    Parameters
    ----------
    h, s
        (levels,) exposures, and mean signals above the dark, ADU.
    relative_sd
        (levels,) of ``s``.
    moments
        m_2 and m_3 of the scene.
    reach
        Brightness of its brightest pixels over the mean.
    of_the_lamp
        Whether the light was varied.
    """
    sd = np.hypot(relative_sd, _LAMP_REPEATS) * s
    scale = float(h.max())
    x = h / scale
    fits: list[tuple[Floats, Floats, float]] = []
    highest = 3 if reach < _EVEN else 2  # of an uneven scene the third moment is that of few pixels
    for degree in range(1, min(highest, len(np.unique(h)) - 2) + 1):
        design = x[:, None] ** np.arange(degree + 1)
        weighted = design / sd[:, None]
        covariance = np.asarray(np.linalg.pinv(weighted.T @ weighted), dtype=np.float64)
        p = covariance @ (weighted.T @ (s / sd))
        fits.append((p, covariance, float((((s - design @ p) / sd) ** 2).sum())))
    if not fits:
        return None
    # scatter that no smooth response explains is the lamp's, at every level
    excess = max(1.0, fits[-1][2] / max(len(s) - len(fits[-1][0]), 1))
    best = 0
    for k in range(1, len(fits)):
        if fits[best][2] - fits[k][2] > _SIGNIFICANT * (k - best) * excess:
            best = k
    p, covariance = fits[best][0], fits[best][1] * excess
    if best == 0 or p[1] <= 0:
        return STRAIGHT
    c2 = p[2] / (p[1] ** 2 * moments[0])
    c3 = p[3] / (p[1] ** 3 * moments[1]) if len(p) > 3 else 0.0
    brightest = float(s.max())
    relative = float(c2 * brightest + c3 * brightest**2)
    each = brightest / (p[1] ** 2 * moments[0]), brightest**2 / (p[1] ** 3 * moments[1])
    share = np.concatenate([[0.0, 0.0], each[: len(p) - 2]])
    known_sd = math.sqrt(share @ covariance @ share)
    light = np.linspace(0, reach * brightest, 33)
    if (abs(c2 * light + c3 * light**2) > _MOST_BEND).any():
        return None
    if abs(relative) < _KNOWN * known_sd:
        return STRAIGHT
    reached = float(light[-1])
    return Bend(float(c2), float(c3), brightest, relative, known_sd, reached, of_the_lamp)


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


def fit_bent_line(bins: Bins, straight: Line, bend: Bend | None) -> BentFit:
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


def _by_variance(bins: Bins, straight: Line) -> BentFit:
    """Take f's second power from the variances, where they show it."""
    p, covariance = _with_square(bins, bins.signal_adu, straight)
    if p[1] <= 0 or p[2] ** 2 < _SHOWS * covariance[2, 2]:
        return BentFit(straight, STRAIGHT, 0.0)
    top = float(bins.signal_adu.max())
    curved = float(p[2] * top / (3 * p[1]))
    curved_sd = float(math.sqrt(covariance[2, 2]) * top / (3 * p[1]))
    if abs(curved) > _MOST_BEND:
        return BentFit(straight, STRAIGHT, 0.0)
    found = Bend(curved / top, 0.0, top, curved, curved_sd, top)
    line = _line_over(bins, found)
    slope_sd = math.hypot(line.slope_sd, math.sqrt(covariance[1, 1]))
    return BentFit(replace(_between(line, straight, 1.0), slope_sd=slope_sd), found, 1.0)


def _with_square(bins: Bins, over_adu: Floats, line: Line) -> tuple[Floats, Floats]:
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


def _line_over(bins: Bins, bend: Bend) -> Line:
    return fit_line(replace(bins, signal_adu=bend.shape(bins.signal_adu)))


def _between(bent: Line, straight: Line, weight: float) -> Line:
    a = weight * bent.intercept_adu2 + (1 - weight) * straight.intercept_adu2
    b = weight * bent.slope_adu + (1 - weight) * straight.slope_adu
    apart = bent.slope_adu - straight.slope_adu
    mean2 = weight * bent.slope_sd**2 + (1 - weight) * straight.slope_sd**2
    sd = math.sqrt(mean2 + weight * (1 - weight) * apart**2)
    better = bent if weight > 0.5 else straight
    return replace(better, intercept_adu2=a, slope_adu=b, slope_sd=sd)
