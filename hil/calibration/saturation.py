"""Where a camera saturates: the temporal variance collapses there.

Three things end the range. The converter runs out of numbers: values pile up at one of them, and
have no variance. The well is full: electrons no longer add up, and only the read noise is left,
around a level below the converter's end. Or nothing was bright enough to tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hil.calibration.camera_calibration import Saturation
from hil.calibration.stack import Stack

Floats = NDArray[np.float64]

_BINS = 64
_LEAST_PIXELS = 200
_COLLAPSED = 0.5  # of the largest variance, at a brighter level
_STILL_ADU2 = 0.01  # the variance of values that do not change
_SHOWS_CLIPPING = 1e-4  # share of values at the top
_SIGMAS_BELOW_THE_WELL = 3.0


@dataclass(frozen=True)
class SaturationLevel:
    """How bright a value can be.

    Parameters
    ----------
    by
        What clips.
    clip_adu
        The level that values cannot leave, ADU; the converter's end where nothing was reached.
    first_adu, first_adu_sd
        From here on a value may be clipped: the clip of a converter, and three read noises below a
        full well, since read noise is added to clipped electrons. None where nothing was reached.
    """

    by: Saturation
    clip_adu: float
    first_adu: float | None
    first_adu_sd: float | None


def find_saturation(
    stacks: Sequence[Stack], usable: NDArray[np.bool_], top_adu: int
) -> SaturationLevel:
    """Look for the level at which the variance collapses.

    Parameters
    ----------
    stacks
        Lit ones.
    usable
        (h, w) pixels that are neither hot nor dead.
    top_adu
        The largest value of the bit depth.
    """
    mean = np.concatenate([stack.mean_adu[usable] for stack in stacks]).astype(np.float64)
    variance = np.concatenate([stack.variance_adu2[usable] for stack in stacks]).astype(np.float64)
    collapsed = _collapsed(mean, variance)
    if collapsed.any():
        level = float(np.median(mean[collapsed]))
        rest = float(np.median(variance[collapsed]))
        if level > top_adu - 1:
            return SaturationLevel("converter", top_adu, float(top_adu), 0.0)
        if rest < _STILL_ADU2:
            return SaturationLevel("converter", level, level, 0.0)
        return _full_well(mean[collapsed], rest)
    if any(stack.clipped_high > _SHOWS_CLIPPING for stack in stacks):
        return SaturationLevel("converter", top_adu, float(top_adu), 0.0)
    return SaturationLevel("not reached", top_adu, None, None)


def _collapsed(mean: Floats, variance: Floats) -> NDArray[np.bool_]:
    """Pixels brighter than those with the largest variance, whose variance is far smaller."""
    if not mean.size or np.ptp(mean) == 0:
        return np.zeros(mean.shape, bool)
    edges = np.linspace(mean.min(), mean.max(), _BINS + 1)
    place = np.clip(np.digitize(mean, edges) - 1, 0, _BINS - 1)
    count = np.bincount(place, minlength=_BINS)
    average = np.bincount(place, variance, _BINS) / np.maximum(count, 1)
    average[count < _LEAST_PIXELS] = np.nan
    if np.isnan(average).all():
        return np.zeros(mean.shape, bool)
    peak = int(np.nanargmax(average))
    low = average < _COLLAPSED * average[peak]
    low[: peak + 1] = False
    return np.asarray(low[place])


def _full_well(mean: Floats, rest_adu2: float) -> SaturationLevel:
    level = float(np.median(mean))
    first = level - _SIGMAS_BELOW_THE_WELL * float(np.sqrt(rest_adu2))
    # the median's, plus that of a width from as many values
    spread = 1.2533 * float(mean.std()) / np.sqrt(len(mean))
    width = _SIGMAS_BELOW_THE_WELL * float(np.sqrt(rest_adu2 / (2 * len(mean))))
    return SaturationLevel("full well", level, first, float(np.hypot(spread, width)))
