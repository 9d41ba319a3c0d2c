"""Distributions of one pixel that are a normal variable seen through a fixed, increasing function.

y : code of a pixel       v : (L,) variance of the noise at a code, codes squared
u : function of y: y itself, its integral of v^-1/2 (a root, for shot noise), or ln v (a logarithm)
m, s : mean and standard deviation of u over the pixels        q : (L,) probabilities of the codes

    q_y = Phi((u(y + 1/2) - m) / s) - Phi((u(y - 1/2) - m) / s)

A histogram of smooth scenes, however many pixels it has, is of few independent ones: it waves, and
normal scores made from it are a scene bent by those waves. Where noise is small beside the scene
that spreads power over frequencies at which there is noise alone, by many times the noise. These
distributions have two parameters and do not wave (as in the Gaussian processes that Snelson,
Rasmussen and Ghahramani warp, NIPS 2003); which distribution serves, the held-out cross-entropy of
whole patches says.
"""

from __future__ import annotations

import numpy as np

from drivers.types import Floats
from hil.information.densities.copula.normal_scores import NormalScores

NORMAL = "normal"  # the distribution that noise of any kind has

_LEAST_VARIANCE = 1 / 12  # codes squared: rounding's, where noise has none

_ANYTHING = 1e-12  # share of pixels that are anywhere


def warps(variance: Floats) -> dict[str, Floats]:
    """Give u of each distribution, (L,), by its name; of constant noise there is one alone."""
    code = np.arange(variance.size, dtype=np.float64)
    v = np.maximum(variance, _LEAST_VARIANCE)
    found = {NORMAL: code}
    if np.ptp(v) > 1e-3 * float(v.max()):
        rate = v**-0.5
        found["root normal"] = np.concatenate([[0.0], np.cumsum((rate[1:] + rate[:-1]) / 2)])
        found["log normal"] = _rising(np.log(v))
    return found


def _rising(u: Floats) -> Floats:
    """Continue u with the slope next to it where it stands still, as in the dark of a camera."""
    slope = np.diff(u)
    at = np.flatnonzero(slope > 0)
    slope = np.interp(np.arange(slope.size), at, slope[at])
    rising = np.concatenate([[0.0], np.cumsum(slope)])
    rising += u[at[0]] - rising[at[0]]
    return rising


def warped_distributions(counts: Floats, u: Floats) -> list[NormalScores]:
    """Fit to sets of counts (sets, L); scores are the places of codes, (u - m) / s."""
    from scipy.special import ndtr

    n = counts.sum(axis=1, keepdims=True)
    mean = counts @ u[:, None] / n
    sd = np.sqrt(np.maximum(counts @ u[:, None] ** 2 / n - mean**2, 0.0))
    step = float(u[-1] - u[0]) / max(u.size - 1, 1)
    sd = np.maximum(sd, 1e-3 * step)
    ends = ((u[1:] + u[:-1]) / 2 - mean) / sd
    # each half of the line from its own tail, where small probabilities keep their digits
    left = np.where(ends[:, :-1] > 0, ndtr(-ends[:, :-1]), ndtr(ends[:, 1:]))
    right = np.where(ends[:, :-1] > 0, ndtr(-ends[:, 1:]), ndtr(ends[:, :-1]))
    inner = left - right
    distribution = np.concatenate([ndtr(ends[:, :1]), inner, ndtr(-ends[:, -1:])], axis=1)
    # no code is impossible; more would bend the tails
    distribution = (distribution + _ANYTHING / u.size) / (1 + _ANYTHING)
    return [NormalScores(q, place) for q, place in zip(distribution, (u - mean) / sd, strict=True)]
