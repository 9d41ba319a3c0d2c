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
from hil.noise.code_step import CodeStep

_COLLAPSED = 0.5  # of the largest variance, at a brighter level
_STILL_ADU2 = 0.01  # the variance of values that do not change
_SHOWS_CLIPPING = 1e-3  # share of values at the top
_SIGMAS_BELOW_THE_WELL = 3.0
_BESIDE = 8  # values below the highest, none of which is a pile
_PILED = 3.0  # times as many as at any of them


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
    pile = find_pile(stacks)
    if pile is not None:
        return SaturationLevel("converter", pile, float(pile), 0.0)
    mean, variance, count = np.concatenate([stack.levels for stack in stacks]).T
    if mean.size:
        peak = int(np.argmax(variance))
        collapsed = (mean > mean[peak]) & (variance < _COLLAPSED * variance[peak])
        if collapsed.any():
            return _end(mean[collapsed], variance[collapsed], count[collapsed])
    return SaturationLevel("not reached", top_adu, None, None)


def found_bits(
    saturation: SaturationLevel, step: CodeStep, bit_depth: int | None, top_adu: int
) -> int:
    """Give the bits of what is stored: measured where values pile up at the end of so many.

    Parameters
    ----------
    saturation
        In steps.
    step
        Between codes.
    bit_depth
        As stated; None where nobody says.
    top_adu
        The highest value that can be stored.
    """
    if saturation.by == "converter" and saturation.first_adu is not None:
        end = round(step.adu(saturation.first_adu))
        if (end + 1) & end == 0:
            return end.bit_length()
    return top_adu.bit_length() if bit_depth is None else bit_depth


def find_pile(stacks: Sequence[Stack]) -> int | None:
    """Give the highest value, where so many pixels read it that it must be the converter's end."""
    counts = np.sum([stack.codes for stack in stacks], axis=0)
    highest = int(np.flatnonzero(counts)[-1])
    below = counts[max(highest - _BESIDE, 0) : highest]
    share = max(float(stack.codes[highest] / stack.codes.sum()) for stack in stacks)
    if share < _SHOWS_CLIPPING or counts[highest] < _PILED * (below.max(initial=0) + 1):
        return None
    return highest


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
