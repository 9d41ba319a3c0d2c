"""Bands of whole rows or columns in the spectrum of single frames: a lamp that flickers.

P(k, l) : power of the wave of k periods down and l across, over that of noise
e(k)    : P(k, 0) - N(k), what whole rows have; N(k) the mean of P(k, l) over l from 3 to 10

A rolling shutter under a lamp on mains reads rows at different moments of its wave. The bands go
from side to side and are nearly a sine: e stands out at one k, beyond that of coarser waves, which
light that falls off across the frame has, and there is little of it elsewhere, as edges would have.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from drivers.types import Floats

_BESIDE = slice(3, 11)  # waves along the lines, clear of the window's own width
_FIRST = 3  # periods a frame
_REACH = 2  # waves, that the window spreads a sine over
_LAST = 0.38  # cycles per pixel; finer ones are row noise
_ABOVE = 6.0  # times what is beside it
_SURE = 4.0
_VALLEY = 4.0
_ALONE = 0.8
ALONG = 2 / 3  # of a line's length, that Hann's window leaves of what whole lines have
_PATCH = 16


@dataclass(frozen=True, slots=True)
class Bands:
    """Bands in frames.

    Parameters
    ----------
    share
        Their variance, over that of the noise; 0 where there are none.
    """

    share: float = 0.0

    @property
    def bits(self) -> float:
        """Bits per pixel that they pass for."""
        return line_bits(self.share)

    @classmethod
    def of(cls, power: Floats, n_images: int) -> Bands:
        """Look for bands of rows and of columns in ``power`` (H, W / 2 + 1)."""
        height, half = power.shape
        width = 2 * (half - 1)
        rows = _share(power[: height // 2 + 1, 0], power[: height // 2 + 1, _BESIDE], n_images)
        columns = _share(power[0], power[_BESIDE].T, n_images)
        return cls(max(rows / (ALONG * width), columns / (ALONG * height)))


def line_bits(share: float) -> float:
    """Bits per pixel of a patch, that a variance of whole lines passes for, over the noise's."""
    return 0.5 * math.log2(1 + _PATCH * share) / _PATCH


def _share(on: Floats, beside: Floats, n_images: int) -> float:
    """Mean over all waves of e about its peak, if that is one of bands."""
    n = len(on)
    calm = beside.mean(axis=1)
    excess = on - calm
    last = int(_LAST * 2 * (n - 1))
    if last <= _FIRST + _REACH:
        return 0.0
    peak = _FIRST + int(np.argmax(excess[_FIRST:last]))
    around = slice(max(peak - _REACH, 1), peak + _REACH + 1)
    coarser = excess[1 : max(peak - _REACH + 1, 2)].min()
    # the mean power of n images has an exponential distribution, of shape n
    if excess[peak] < _ABOVE * (1 + _SURE / math.sqrt(n_images)) * calm[peak]:
        return 0.0
    if excess[peak] < _VALLEY * coarser:
        return 0.0
    total = np.clip(excess[_FIRST:last], 0, None).sum()
    if excess[around].sum() < _ALONE * total:
        return 0.0
    return float(excess[around].sum()) / n
