"""Where a camera saturates: the temporal variance collapses there.

Three things end the range. The converter runs out of numbers: values pile up at one of them, and
have no variance. The well is full: electrons no longer add up, and only the read noise is left,
around a level below the converter's end. Or nothing was bright enough to tell.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drivers.types import Floats
from hil.calibration.photon_transfer.camera_calibration import Saturation
from hil.calibration.photon_transfer.stack import Stack

_COLLAPSED = 0.5  # of the largest variance, at a brighter level
_STILL_ADU2 = 0.01  # the variance of values that do not change
_SHOWS_CLIPPING = 1e-3  # share of values at the top
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


def find_saturation(stacks: Sequence[Stack], top_adu: int) -> SaturationLevel:
    """Look for the level at which the variance collapses in lit stacks.

    Parameters
    ----------
    stacks
        Lit ones.
    top_adu
        The largest value of the bit depth.
    """
    if any(stack.clipped_high > _SHOWS_CLIPPING for stack in stacks):
        return SaturationLevel("converter", top_adu, float(top_adu), 0.0)
    mean, variance, count = np.concatenate([stack.levels for stack in stacks]).T
    if mean.size:
        peak = int(np.argmax(variance))
        collapsed = (mean > mean[peak]) & (variance < _COLLAPSED * variance[peak])
        if collapsed.any():
            return _end(mean[collapsed], variance[collapsed], count[collapsed])
    return SaturationLevel("not reached", top_adu, None, None)


def _end(mean: Floats, variance: Floats, count: Floats) -> SaturationLevel:
    level = float(np.average(mean, weights=count))
    rest = float(variance.min())
    if rest < _STILL_ADU2:
        end = float(np.rint(mean[np.argmin(variance)]))
        return SaturationLevel("converter", end, end, 0.0)
    first = level - _SIGMAS_BELOW_THE_WELL * math.sqrt(rest)
    # the level's own, plus that of a width from as many values
    spread = float(np.sqrt(np.average((mean - level) ** 2, weights=count) / len(mean)))
    width = math.sqrt(rest * (1 + _SIGMAS_BELOW_THE_WELL**2 / 2) / float(count.sum()))
    return SaturationLevel("full well", level, first, math.hypot(spread, width))
