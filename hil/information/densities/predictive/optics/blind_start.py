"""Where to begin with two levels behind wide optics: a blur and two levels, searched for.

s : standard deviation of a Gaussian blur, pixels        l, h : codes of the two levels

Where optics are wider than what they blur, or a level is rare, no pixel of a frame shows either
level, and what is sharpened and parted between two means begins with levels too close to each other
and too many pixels of the rarer one. Once s, l and h are known the map is a convex problem
(`relaxed_map`). A blur too narrow, or levels too far apart, leave maps that are told by more than
two levels and cost more; a blur too wide, or levels too close, leave errors. So the three are those
by which

    a map's nats, and 1/2 ln of the squared errors over the noise's variance

are least: first of a few, then downhill in steps that shrink.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np

from hil.information.densities.predictive.cells import Singles
from hil.information.densities.predictive.map_code import short_nats
from hil.information.densities.predictive.optics.relaxed_map import relaxed_map
from hil.information.densities.predictive.optics.two_level_optics import (
    REACH,
    BorderedFrames,
    seen_of,
    sharpened,
)

_SEARCHED_FRAMES: Final = 2
_BLURS_PX: Final = (0.8, 1.05, 1.3, 1.6, 2.0)
_FURTHER: Final = (1.0, 1.25, 1.6, 2.0, 2.6)  # apart than two means are
_STARTS: Final = 2  # of different blurs, from which it goes downhill
_STEPS: Final = 20  # of the convex problem
_BLUR_STEP, _LEVEL_STEP = 1.15, 0.2  # a factor, and a share of how far levels are apart
# blur, lower, higher: blurs go with levels, of which one may be rare
_MOVES: Final = (
    (1, 0, 1),
    (-1, 0, -1),
    (1, 0, 0),
    (-1, 0, 0),
    (0, 0, 1),
    (0, 0, -1),
    (0, -1, 0),
    (0, 1, 0),
    (1, -1, 0),
    (-1, 1, 0),
    (0.5, 0, 1),
    (-0.5, 0, -1),
)
_MOST_ROUNDS, _LEAST_STEP = 6, 0.3
_LEAST_EXCESS = 1e-6


class _Tried(NamedTuple):
    """A blur and two levels that were tried.

    ``fitted`` are the levels by least squares, once the map ``b`` is known.
    """

    cost: float
    blur_px: float
    low: float
    high: float
    fitted: tuple[float, float]
    b: Singles


def blind_starts(seen: BorderedFrames, told: float) -> list[Singles]:
    """Find maps to begin with, each (n, H, W), the likeliest first.

    Parameters
    ----------
    told
        Pixels of a map that are told for each pixel that was seen.
    """
    some = BorderedFrames(*(part[:_SEARCHED_FRAMES] for part in seen))
    starts = sorted(_coarse(some, told), key=lambda one: one.cost)[:_STARTS]
    ends = sorted((_downhill(some, told, one) for one in starts), key=lambda one: one.cost)
    found = []
    for one in ends:
        start = sharpened(seen, _gaussian(one.blur_px))
        found.append(_tried(seen, told, one.blur_px, one.low, one.high, start).b)
    return found


def _downhill(seen: BorderedFrames, told: float, best: _Tried) -> _Tried:
    step = 1.0
    for _ in range(_MOST_ROUNDS):
        before = best.cost
        for blur, low, high in _MOVES:
            apart = _LEVEL_STEP * step * (best.high - best.low)
            moved = (
                best.blur_px * _BLUR_STEP ** (blur * step),
                best.low + low * apart if low else best.fitted[0],
                best.high + high * apart if high else best.fitted[1],
            )
            best = min(best, _tried(seen, told, *moved, best.b), key=lambda one: one.cost)
        if best.cost == before:
            step /= 2
            if step < _LEAST_STEP:
                break
    return best


def _coarse(seen: BorderedFrames, told: float) -> list[_Tried]:
    """Give the best of each blur."""
    found = []
    for blur_px in _BLURS_PX:
        passed = _gaussian(blur_px)
        b = sharpened(seen, passed)
        low, apart, _ = _levels(seen, b, passed)
        rare_low = float(b.mean()) > 0.5
        own = []
        for further in _FURTHER:
            more = (further - 1) * apart
            ends = (low - more, low + apart) if rare_low else (low, low + apart + more)
            own.append(_tried(seen, told, blur_px, *ends, b))
        found.append(min(own, key=lambda one: one.cost))
    return found


def _tried(
    seen: BorderedFrames, told: float, blur_px: float, low: float, high: float, start: Singles
) -> _Tried:
    passed = _gaussian(blur_px)
    b = relaxed_map(seen.y, seen.w, passed * np.float32(high - low), low, start, _STEPS)
    fitted, apart, excess = _levels(seen, b, passed)
    cost = told * short_nats(b) + 0.5 * math.log(max(excess, _LEAST_EXCESS))
    return _Tried(cost, blur_px, low, high, (fitted, fitted + apart), b)


def _gaussian(blur_px: float) -> Singles:
    """Optics (2R + 1, 2R + 1) that add up to 1."""
    line = np.exp(-0.5 * (np.arange(-REACH, REACH + 1) / blur_px) ** 2)
    passed = np.outer(line, line)
    return np.asarray(passed / passed.sum(), dtype=np.float32)


def _levels(seen: BorderedFrames, b: Singles, passed: Singles) -> tuple[float, float, float]:
    """Lower level, how far the other is above it, and squared errors over the noise's variance."""
    inside = np.s_[:, REACH:-REACH, REACH:-REACH]
    x = seen_of(b, passed)[inside].astype(np.float64)
    y, w = (part[inside].astype(np.float64) for part in seen)
    share = w / w.sum()
    x_mean, y_mean = float((share * x).sum()), float((share * y).sum())
    x -= x_mean
    y -= y_mean
    apart = float((share * x * y).sum()) / max(float((share * x * x).sum()), 1e-12)
    excess = float((w * (y - apart * x) ** 2).mean())
    return y_mean - apart * x_mean, apart, excess
