"""Frames of smooth light with most of their noise taken away, each by what it shows itself.

x : (n, w w) windows of a frame, at all places          S : (w w, w w) their covariance
g : (v - 1) / v along each of its axes, of variance v, and 0 where noise alone makes as much

Windows are put to g of what they are along each axis (Wiener 1949, by the frame's own covariance),
and each pixel to the mean over all windows that hold it: what noise is left in it is independent
in few of them. Light of stripes, fringes or shadows needs few axes. Rings and chirps need few in a
part of the frame alone.

Then they are told again by windows that are alike, elsewhere and turned (`alike`), where that has
the less risk: errors about what was measured and twice the share of it that is told by itself
(Stein, Annals of Statistics 1981), around each pixel.
"""

from __future__ import annotations

import math
from itertools import product

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.predictive.cells import Cells, Singles
from hil.information.densities.smooth.alike import LEAST_FRAME, NUMBERS, told_by_alike
from hil.information.densities.smooth.light_scale import LightScale
from hil.information.sample.sample import Sample

Integers = NDArray[np.intp]

_WINDOW, _MOST_SIDE, _ROUGH_SIDE = 16, 128, 64
_PART, _PART_WINDOW = 32, 12
_LITTLE = 0.08  # noise that may be left
_TEMPERATURE = 4.0
_ALIKE = (8, 16)  # sides of windows
_RISK_SIDE, _RISK_TEMPERATURE = 16, 8.0


class DenoisedFields:
    """Fields of a sample with most of their noise taken away, found when they are asked for.

    Parameters
    ----------
    sample
        Frames in ADU, of one channel.
    cells
        Their codes.
    """

    def __init__(self, sample: Sample, cells: Cells) -> None:
        self._sample, self._cells = sample, cells
        self.scale = LightScale(cells.u)
        self._found: dict[int, tuple[Singles, Floats]] = {}

    def stabilised(self, fields: Integers) -> Singles:
        """Frames of some fields in u, (n, H, W), as they were measured."""
        frames = self._sample.frames[fields].reshape(-1, *self._sample.size)
        codes = self._cells.channels[0].coding.encode(frames)
        return self._cells.u.take(codes.astype(np.intp))

    def roughly(self, fields: Integers) -> tuple[Singles, float]:
        """Give the same of smaller parts, in less time, with more noise left."""
        rng = np.random.default_rng(self._sample.seed)
        parts = [_part(one, _ROUGH_SIDE, rng) for one in self.stabilised(fields)]
        frames, left = zip(*(_filtered(one, _PART_WINDOW) for one in parts), strict=True)
        return np.stack(frames), float(np.mean(left))

    def __call__(self, fields: Integers) -> tuple[Singles, float]:
        """Frames of some fields, (n, h, w) in u, and about how much noise is left in them.

        Of frames larger than 128 pixels a part is taken, each at another place. What is left is a
        variance in the noise's, mean over frames: the share of axes that are kept, or of numbers
        that windows tell of themselves.
        """
        for field in (int(one) for one in fields if int(one) not in self._found):
            rng = np.random.default_rng((self._sample.seed, field))
            parts = [_part(one, _MOST_SIDE, rng) for one in self.stabilised(np.array([field]))]
            found, left = zip(*(self._told(one, rng) for one in parts), strict=True)
            self._found[field] = np.stack(found), np.array(left)
        frames, lefts = zip(*(self._found[int(one)] for one in fields), strict=True)
        return np.concatenate(frames), float(np.concatenate(lefts).mean())

    def _told(self, noisy: Singles, rng: np.random.Generator) -> tuple[Singles, float]:
        """By its windows, and then by what is alike to them, wherever that has the less risk."""
        from scipy.special import expit

        told, left = _of_one(noisy)
        for window in (one for one in _ALIKE if LEAST_FRAME * one <= min(noisy.shape)):
            again = told_by_alike(noisy, told, float(left.mean()), self.scale, window, rng)
            own = NUMBERS / window**2  # of each window, that it tells by itself
            less = _around((noisy - told) ** 2 + 2 * left - (noisy - again) ** 2 - 2 * own)
            share = expit(_RISK_SIDE**2 / _RISK_TEMPERATURE * less)
            told = (told + share * (again - told)).astype(np.float32)
            # at most: errors of both may be the same (Cauchy and Schwarz)
            left = ((1 - share) * np.sqrt(left) + share * math.sqrt(own)) ** 2
        return told, float(left.mean())


def window_variances(frame: Singles, side: int) -> Floats:
    """(w w,) variances of windows of w pixels of one frame along axes of its own, rising."""
    rng = np.random.default_rng(0)
    return _axes(_windows(_part(frame, _ROUGH_SIDE, rng), side))[1]


def _part(frame: Singles, most: int, rng: np.random.Generator) -> Singles:
    top, left = (int(rng.integers(max(1, side - most + 1))) for side in frame.shape)
    return frame[top : top + most, left : left + most]


def _windows(frame: Singles, side: int) -> Singles:
    every = np.lib.stride_tricks.sliding_window_view(frame, (side, side))
    return np.asarray(every.reshape(-1, side * side), dtype=np.float32)


def _axes(x: Singles) -> tuple[Singles, Floats, Floats]:
    mean = x.mean(axis=0, dtype=np.float64)
    square = (x.T @ x).astype(np.float64) / len(x) - np.multiply.outer(mean, mean)
    variance, axes = np.linalg.eigh(square)
    return mean.astype(np.float32), variance, axes


def _around(squares: Floats) -> Floats:
    from scipy.ndimage import uniform_filter

    return np.asarray(uniform_filter(squares, _RISK_SIDE, mode="mirror"))


def _of_one(frame: Singles) -> tuple[Singles, Floats]:
    """Of windows of the frame, and where that is less of windows of a part of it."""
    by_frame, left = _filtered(frame, _WINDOW)
    if left < _LITTLE or min(frame.shape) < _PART:
        return by_frame, np.full(frame.shape, left)
    from scipy.special import expit

    total, lefts = np.zeros(frame.shape), np.zeros(frame.shape)
    weight = np.zeros(frame.shape)
    taper = np.hanning(_PART + 2)[1:-1]
    taper = np.multiply.outer(taper, taper)
    for top, first in product(*(_starts(length) for length in frame.shape)):
        here = np.s_[top : top + _PART, first : first + _PART]
        by_part, left_here = _filtered(frame[here], _PART_WINDOW)
        # risks, of which the noise's own is left out (Stein 1981), weighed as are likelihoods
        risks = [
            float(((frame[here] - one) ** 2).mean()) + 2 * of_it
            for one, of_it in ((by_frame[here], left), (by_part, left_here))
        ]
        share = expit(_PART**2 / _TEMPERATURE * (risks[0] - risks[1]))
        total[here] += taper * ((1 - share) * by_frame[here] + share * by_part)
        weight[here] += taper
        lefts[here] += taper * ((1 - share) * left + share * left_here)
    return (total / weight).astype(np.float32), lefts / weight


def _starts(length: int) -> Integers:
    n = 1 + math.ceil((length - _PART) / (_PART // 2))
    return np.unique(np.linspace(0, length - _PART, n).astype(np.intp))


def _filtered(frame: Singles, window: int) -> tuple[Singles, float]:
    side = min(window, *(length // 2 for length in frame.shape))
    level = frame.mean()
    x = _windows(np.subtract(frame, level, dtype=np.float32), side)
    mean, variance, axes = _axes(x)
    # noise alone has up to so much along some axis (Marchenko and Pastur 1967)
    above = variance > 1 + 2 * math.sqrt(x.shape[1] / len(x))
    keep = 1 - 1 / variance[above]
    along = axes[:, above].astype(np.float32)
    kept = np.asarray((x - mean) @ along, dtype=np.float32)
    kept *= keep.astype(np.float32)
    down, across = (length - side + 1 for length in frame.shape)
    filtered = kept @ along.T
    filtered += mean + level
    by_place = filtered.reshape(down, across, side, side)
    total = np.zeros(frame.shape, dtype=np.float32)
    count = np.zeros(frame.shape, dtype=np.float32)
    for i in range(side):
        for j in range(side):
            total[i : i + down, j : j + across] += by_place[:, :, i, j]
            count[i : i + down, j : j + across] += 1
    return total / count, float(keep.sum()) / x.shape[1]
