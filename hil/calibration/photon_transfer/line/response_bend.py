"""A response that is not quite a straight line, from the means of several exposures.

L : signal that is proportional to the light, ADU     S : signal above the dark as it is read
S = f(L) = L + c2 L^2 + c3 L^3, so that the gain g is that of dim light
H : exposure times light                              m_j : mean of L^j over pixels, over (mean L)^j

    mean S over pixels = a0 + p H + p2 H^2 + p3 H^3,    c_j = p_j / (p^j m_j)
    V = a + f'(L)^2 L / g = a + T(S) / g,               T = S (1 + 3 c2 S + ..)

The variance V bends three times as much as the mean (Janesick, Photon Transfer, 2007, ch. 9).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drivers.types import Floats

_LAMP_REPEATS = 1e-4  # relative: how well a lamp comes back from one level to the next
_SIGNIFICANT = 9.0  # chi2 that a further power must take away
MOST_BEND = 0.2  # beyond, f is no small correction
_KNOWN = 3.0  # standard uncertainties
_EVEN = 2.0  # brightest pixels over the mean, up to which a scene is even


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
    if (abs(c2 * light + c3 * light**2) > MOST_BEND).any():
        return None
    if abs(relative) < _KNOWN * known_sd:
        return STRAIGHT
    reached = float(light[-1])
    return Bend(float(c2), float(c3), brightest, relative, known_sd, reached, of_the_lamp)
