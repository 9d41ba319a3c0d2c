"""Many curves of regret as one: the median, and the band that holds nearly all of them whole."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from drivers.types import Floats
from hil.records.what_if import Band, Curve

_WHOLE = 0.9  # of all curves lie in the band at every number of frames
_SIGMA = 0.159  # share of a normal distribution below one standard deviation less than its mean
_LEAST_SPREAD = 0.02  # of the widest: where curves coincide, the next may still differ


def band_of(curves: Sequence[Curve]) -> Band:
    """Sum curves up.

    The spread of the curves to either side of their median, at each number of frames, is widened by
    one factor, so far that nine of ten further curves lie in the band from end to end: a search is
    one curve, not one point. The factor is the quantile of what each curve needs, the one more that
    is to come counted (conformal prediction; Vovk et al. 2005). Below nine curves it is the largest
    that any needs.
    """
    frames = np.array(sorted({n for curve in curves for n in curve.frames}), dtype=float)
    regrets = np.array([_stepped(curve, frames) for curve in curves])
    known = ~np.all(np.isnan(regrets), axis=0)
    low, median, high = (np.full(len(frames), np.nan) for _ in range(3))
    if not known.any():
        return Band(frames, median, low, high, len(curves))
    seen = regrets[:, known]
    below, middle, above = np.nanquantile(seen, [_SIGMA, 0.5, 1 - _SIGMA], axis=0)
    least = _LEAST_SPREAD * float(np.max(above - below, initial=0.0)) + 1e-12
    down, up = np.maximum(middle - below, least), np.maximum(above - middle, least)
    away = np.where(seen < middle, (middle - seen) / down, (seen - middle) / up)
    # Before its first feasible trial a curve lies nowhere, and needs nothing.
    needs = np.max(np.nan_to_num(away, nan=0.0), axis=1, initial=0.0)
    place = min(math.ceil((len(curves) + 1) * _WHOLE), len(curves))
    factor = float(np.sort(needs)[place - 1]) * (1 + 1e-9)
    low[known], median[known], high[known] = (
        np.maximum(middle - factor * down, 0.0),
        middle,
        middle + factor * up,
    )
    return Band(frames, median, low, high, len(curves))


def _stepped(curve: Curve, frames: Floats) -> Floats:
    """Give a curve at numbers of frames; one that ended stays where it ended."""
    i = np.searchsorted(np.array(curve.frames), frames, side="right") - 1
    values = np.array([*curve.regret, np.nan])
    return np.asarray(np.where(i < 0, np.nan, values[np.maximum(i, 0)]))
