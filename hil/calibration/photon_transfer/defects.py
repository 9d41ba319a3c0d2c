"""Pixels that must not be used: a mask that is fixed once, and not by the values of a frame.

Leaving pixels out by their values in a frame would bias what is estimated from the others. Here
they are chosen from frames of the calibration: hot ones stand out in the dark, flickering ones by
their temporal variance, dead ones do not answer to light.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy  # its parts load where they are used
from numpy.typing import NDArray

from hil.calibration.photon_transfer.stack import Stack

Mask = NDArray[np.bool_]

_HOT_SIGMAS = 6.0  # of the pixels' own spread, by its median deviation
_NOISY = 25.0  # times the typical variance: five times the noise
_UNLIKELY = 1e-9
_DEAD_RESPONSE = 0.5  # of the pixels around
_AROUND_PX = 31
_MAD_TO_SD = 1.4826


def find_usable(darks: Sequence[Stack], lit: Sequence[Stack], flats: Sequence[Stack]) -> Mask:
    """Give (h, w), False for hot, flickering and dead pixels."""
    usable = np.ones(darks[0].mean_adu.shape, bool)
    for stack in darks:
        usable &= ~_stands_out(stack.mean_adu)
    dof = sum(stack.n - 1 for stack in darks)
    pooled = sum((s.n - 1) * s.variance_adu2.astype(np.float64) for s in darks) / dof
    typical = max(float(np.median(pooled)), 1 / 12)
    chance = float(scipy.stats.chi2.isf(_UNLIKELY, dof)) / dof
    usable &= np.asarray(pooled) < typical * max(_NOISY, 2 * chance)
    still = np.all([stack.variance_adu2 == 0 for stack in (*darks, *lit)], axis=0)
    if not still.all():
        usable &= ~still
    for stack in flats:
        signal = stack.mean_adu - darks[0].mean_adu
        level = scipy.ndimage.uniform_filter(signal, _AROUND_PX, mode="mirror")
        usable &= (signal > (1 - _DEAD_RESPONSE) * level) & (signal < (1 + _DEAD_RESPONSE) * level)
    return usable


def _stands_out(mean: NDArray[np.float32]) -> Mask:
    median = float(np.median(mean))
    spread = _MAD_TO_SD * float(np.median(np.abs(mean - median)))
    # the median deviation of values on a coarse grid may be 0
    spread = max(spread, 0.1 * float(mean.std()), 0.05)
    return np.asarray(mean > median + _HOT_SIGMAS * spread)
