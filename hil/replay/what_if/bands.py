"""Many curves of regret as one: the median, and the band that holds nearly all of them whole."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from drivers.types import Floats
from hil.records.what_if import Band, Curve

_WHOLE = 0.9  # of all curves lie in the band at every number of frames


def band_of(curves: Sequence[Curve]) -> Band:
    """Sum curves up.

    The band goes from one quantile to its opposite, the same at every number of frames, so far out
    that nine of ten curves lie in it from end to end: a search is one curve, not one point.
    """
    frames = np.array(sorted({n for curve in curves for n in curve.frames}), dtype=float)
    regrets = np.array([_stepped(curve, frames) for curve in curves])
    known = ~np.all(np.isnan(regrets), axis=0)
    low, median, high = (np.full(len(frames), np.nan) for _ in range(3))
    median[known] = np.nanmedian(regrets[:, known], axis=0)
    tail = _tail(regrets[:, known])
    low[known], high[known] = np.nanquantile(regrets[:, known], [tail, 1 - tail], axis=0)
    return Band(frames, median, low, high, len(curves))


def _tail(regrets: Floats) -> float:
    """Find the largest share that may be left out at either end."""
    n = len(regrets)
    for left_out in range(n // 2, 0, -1):
        tail = left_out / (2 * n)
        low, high = np.nanquantile(regrets, [tail, 1 - tail], axis=0)
        outside = (regrets < low) | (regrets > high)
        if np.mean(~outside.any(axis=1)) >= _WHOLE:
            return tail
    return 0.0


def _stepped(curve: Curve, frames: Floats) -> Floats:
    """Give a curve at numbers of frames; one that ended stays where it ended."""
    i = np.searchsorted(np.array(curve.frames), frames, side="right") - 1
    values = np.array([*curve.regret, np.nan])
    return np.asarray(np.where(i < 0, np.nan, values[np.maximum(i, 0)]))
