"""Bands of whole rows or columns in the spectrum of single frames: a lamp that flickers.

P(k, l) : power of the wave of k periods down and l across, over that of noise
e(k)    : P(k, 0) - N(k), what whole rows have; N(k) the mean of P(k, l) over l from 3 to 10

A rolling shutter under a lamp on mains reads rows at different moments of its wave. The bands go
from side to side and are nearly a sine: e stands out at one k, beyond that of coarser waves, which
light that falls off across the frame has, and there is little of it elsewhere, as edges would have.

Fringes of the scene are told from them where they can be: a lamp's bands are in all frames and not
in a few; they do not lean, so that the window alone spreads them to l = 1, by a quarter; and light
is not below 0, so that a sine of it is at most its mean.
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
_LEANS = 0.5  # of P(k, 0), at l = 1
_IN_ALL = 0.25  # of the mean over images, that half of them have
_FEW_IMAGES = 3
_ROOM = 1.1  # for light that is not alike all over a frame
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
    def of(cls, power: Floats, rows: Floats, columns: Floats, light: float) -> Bands:
        """Look for bands of rows and of columns.

        Parameters
        ----------
        power
            (H, W / 2 + 1) mean over images.
        rows, columns
            (n, H / 2 + 1) P(k, 0) and (n, W / 2 + 1) P(0, l) of each image.
        light
            Mean, above what is read without any, over the noise's width; not less than it is.
        """
        height, half = power.shape
        width = 2 * (half - 1)
        last = height // 2 + 1
        leaning = (power[:last, 1] + power[-np.arange(last), 1]) / 2
        by_rows = _share(rows, power[:last, _BESIDE], leaning) / (ALONG * width)
        leaning = (power[1] + power[-1]) / 2
        by_columns = _share(columns, power[_BESIDE].T, leaning) / (ALONG * height)
        share = max(by_rows, by_columns)
        return cls(share if math.sqrt(2 * share) <= _ROOM * light else 0.0)


def line_bits(share: float) -> float:
    """Bits per pixel of a patch, that a variance of whole lines passes for, over the noise's."""
    return 0.5 * math.log2(1 + _PATCH * share) / _PATCH


def _share(each: Floats, beside: Floats, leaning: Floats) -> float:
    """Mean over all waves of e about its peak, if that is one of bands."""
    n_images, n = each.shape
    on = each.mean(axis=0)
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
    found = float(excess[around].sum())
    if leaning[peak] - calm[peak] > _LEANS * excess[peak]:
        return 0.0
    by_image = each[:, around].sum(axis=1) - calm[around].sum()
    if n_images >= _FEW_IMAGES and float(np.median(by_image)) < _IN_ALL * found:
        return 0.0
    return float(found / n)
