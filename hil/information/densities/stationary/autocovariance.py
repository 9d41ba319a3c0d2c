"""Covariance of a stationary field, from all pixels.

c : (2p-1, 2p-1) autocovariance, ADU^2, zero lag in the middle, c(-a) = c(a)
S : (d, d) doubly Toeplitz covariance of a p x p patch, S[ij, kl] = c(i-k, j-l), d = p*p

Sums of products are kept for each fold, so that the covariance of "all but this fold" costs a
subtraction. With the sums of the pixels that make the pairs of each lag, they say the covariance
about any mean exactly, whatever value was subtracted from the pixels first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, reduce
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.stationary.masked_lags import MaskedLags, lags_by_fold
from hil.information.densities.stationary.model import is_positive
from hil.information.densities.stationary.patch_moments import PatchMoments, frame_moments
from hil.information.sample.field_groups import field_groups
from hil.information.sample.sample import Sample

_ROWS = 64  # of a spectrum at a time: they stay in the cache
_MANY_PATCHES = 4096  # in a frame
_FFT_PIXELS = 2**16  # small frames are transformed together, up to so many pixels


@dataclass(frozen=True, slots=True)
class LagSums:
    """Second-order sums of some frames about a fixed value, `Sample.mean_adu` say.

    Parameters
    ----------
    products
        (2p-1, 2p-1) sum over pairs of pixels at a lag.
    ends
        (2p-1, 2p-1) sum of both pixels over those pairs.
    pairs
        (2p-1, 2p-1) number of those pairs.
    total
        Sum of the pixels.
    """

    products: Floats
    ends: Floats
    pairs: Floats
    total: float

    @classmethod
    def of_masked(cls, sums: MaskedLags) -> LagSums:
        """Take the sums of frames of one channel in which not all pixels may be used."""
        ends = sums.ends[0] + sums.ends[0, ::-1, ::-1]
        return cls(sums.products[0, 0], ends, sums.pairs, float(sums.totals[0]))

    def __add__(self, other: LagSums) -> LagSums:
        return LagSums(
            self.products + other.products,
            self.ends + other.ends,
            self.pairs + other.pairs,
            self.total + other.total,
        )

    def __sub__(self, other: LagSums) -> LagSums:
        return self + other.scaled(-1.0)

    def scaled(self, weight: float) -> LagSums:
        """Count these frames ``weight`` times."""
        return LagSums(
            weight * self.products, weight * self.ends, weight * self.pairs, weight * self.total
        )

    def shifted(self, by_adu: float) -> LagSums:
        """Return the sums that pixels higher by ``by_adu`` would give."""
        middle = self.pairs.shape[0] // 2
        return LagSums(
            self.products + by_adu * self.ends + by_adu**2 * self.pairs,
            self.ends + 2 * by_adu * self.pairs,
            self.pairs,
            self.total + by_adu * float(self.pairs[middle, middle]),
        )

    @property
    def mean(self) -> float:
        """Mean of these pixels about the fixed value, ADU."""
        middle = self.pairs.shape[0] // 2
        return self.total / float(self.pairs[middle, middle])

    @property
    def autocovariance(self) -> Floats:
        """(2p-1, 2p-1), each lag divided by its own number of pairs: unbiased but for the mean."""
        mean = self.mean
        result: Floats = (self.products - mean * self.ends) / self.pairs + mean**2
        return result


def lag_sums(sample: Sample) -> list[LagSums]:
    """Sum products by lag for each fold, by FFT or as `within_patches` says."""
    p = sample.patch_size
    if sample.usable is not None:
        if within_patches(*sample.size, p, sample.places.shape[1]):
            return [moment_lag_sums(sums) for sums in fold_moments(sample)]
        return [LagSums.of_masked(own) for own in lags_by_fold(sample)]
    if within_patches(*sample.size, p):
        return [moment_lag_sums(sums) for sums in fold_moments(sample)]
    return [
        reduce(
            add,
            (
                frame_lag_sums(sample.frames[fields].reshape(-1, *sample.size), sample.mean_adu, p)
                for fields in fields_at_once(sample, fold)
            ),
        )
        for fold in range(sample.n_folds)
    ]


def within_patches(height: int, width: int, p: int, n_patches: int | None = None) -> bool:
    """Whether the pairs of pixels within patches serve for the lags of such frames.

    Those of frames as narrow as a patch, alone or stacked, are no neighbours beyond it. In large
    frames there are so many patches that the pairs across their borders add nothing: an
    autocovariance has about 2 p^2 numbers, whose fit to n patches costs about 1/n nat per pixel,
    half of which the point estimate takes back.

    Parameters
    ----------
    n_patches
        How many may be used of a frame; None for all that tile it.
    """
    if n_patches is None:
        n_patches = (height // p) * (width // p)
    return p in (height, width) or n_patches >= _MANY_PATCHES


def fold_moments(sample: Sample) -> list[PatchMoments]:
    """Sum the moments, for each fold, of all patches that tile the frames or that a mask leaves."""
    return [
        reduce(add, (_moments(sample, fields) for fields in fields_at_once(sample, fold)))
        for fold in range(sample.n_folds)
    ]


def fields_at_once(sample: Sample, fold: int) -> list[NDArray[np.intp]]:
    """Split a fold's fields into groups that are worked on together."""
    members = np.flatnonzero(sample.fold == fold)
    share = np.broadcast_to(sample.frames[:1], (members.size, *sample.frames.shape[1:]))
    return [members[group] for group in field_groups(share)]


def _moments(sample: Sample, fields: NDArray[np.intp]) -> PatchMoments:
    p = sample.patch_size
    if sample.usable is None:
        frames = sample.frames[fields].reshape(-1, *sample.size)
    else:
        frames = sample.some(fields).raw_patches.reshape(-1, p, p)
    return frame_moments(frames, sample.mean_adu, p)


def moment_lag_sums(moments: PatchMoments) -> LagSums:
    """Sum over lags, over the pairs of pixels that lie within one patch."""
    p = moments.second.patch_size
    pairs = moments.n * np.outer(_triangle(p, p), _triangle(p, p))
    # both pixels of all pairs of a lag: that of patches turned around is the same
    ends = _ends(moments.sum_of_patches, p)
    return LagSums(moments.second.lag_totals(), ends, pairs, float(ends[p - 1, p - 1]) / 2)


def frame_lag_sums(frames: NDArray[Any], reference_adu: float, p: int) -> LagSums:
    """Sum over lags below ``p`` of frames (n, H, W), larger than the patch, less ``reference_adu``.

    By FFT with as much zero padding as keeps lags from wrapping; only the lags that are wanted are
    transformed back, as two small matrix products. In double precision: single leaves the dark end
    of the spectrum of a smooth scene with 1e-7 of its whole variance.
    """
    from scipy.fft import next_fast_len, rfft2

    n, height, width = frames.shape
    shape = (next_fast_len(height + p - 1), next_fast_len(width + p - 1, real=True))
    down, across = _waves(shape[0], p), _waves(shape[1], p)[:, : shape[1] // 2 + 1]
    half = np.zeros((2 * p, across.shape[1]))
    total = np.zeros((height, width))
    for first in range(0, n, step := max(1, _FFT_PIXELS // (height * width))):
        about = np.subtract(frames[first : first + step], reference_adu, dtype=np.float64)
        total += about.sum(axis=0)
        for spectrum in rfft2(about, shape):
            for top in range(0, shape[0], _ROWS):
                rows = spectrum[top : top + _ROWS]
                half += down[:, top : top + _ROWS] @ (rows.real**2 + rows.imag**2)
    # the other half of the spectrum mirrors this one
    half[:, 1 : (shape[1] + 1) // 2] *= 2
    cosines, sines = half[:p] @ across[:p].T, half[p:] @ across[p:].T
    right = np.concatenate([(cosines + sines)[:, :0:-1], cosines - sines], axis=1)
    products = np.concatenate([right[:0:-1, ::-1], right]) / (shape[0] * shape[1])
    pairs = n * np.outer(_triangle(height, p), _triangle(width, p))
    ends = _ends(total, p)
    middle = p - 1
    return LagSums(products, ends, pairs, float(ends[middle, middle]) / 2)


def floored(c: Floats, floor: float) -> Floats:
    """Change ``c`` as little as keeps the eigenvalues of its covariance at ``floor`` or above.

    An estimate with unbiased lags need not be positive. It is mixed, by as little as a bisection
    finds, with one that is: the same lags under a Bartlett window, whose spectrum on the
    circulant of twice the size is cut at the floor (a principal part of a circulant matrix has no
    eigenvalue below the least of the circulant). No eigendecomposition is needed.

    Parameters
    ----------
    c
        (..., 2p-1, 2p-1) autocovariances, one or a stack.

    Returns
    -------
    array like ``c``.
    """
    sound = above_floor(c, floor)
    if sound.all():
        return c
    if c.ndim == 2:
        return _mixed(c, floor, _least_share(c, floor))
    # those of a stack are much alike: what one needs mostly serves the others
    alike = c[int(np.argmin(sound))]
    share = _least_share(alike, floor)
    mixed = np.stack(
        [one if good else _mixed(one, floor, share) for one, good in zip(c, sound, strict=True)]
    )
    for failed in np.flatnonzero(~above_floor(mixed, floor)):
        mixed[failed] = floored(c[failed], floor)
    return mixed


def _mixed(c: Floats, floor: float, share: float) -> Floats:
    result: Floats = (1 - share) * c + share * _windowed(c, floor)
    return result


def above_floor(c: Floats, floor: float) -> NDArray[np.bool_]:
    """Whether covariances of autocovariance ``c`` (..., 2p-1, 2p-1) have no eigenvalue below it."""
    middle = c.shape[-1] // 2
    below = np.zeros(c.shape[-2:])
    # a little below the floor itself, where covariances that were lifted to it may lie
    below[middle, middle] = 0.999 * floor
    stack = (c - below).reshape(-1, *c.shape[-2:])
    return np.array([is_positive(one) for one in stack]).reshape(c.shape[:-2])


def _least_share(c: Floats, floor: float) -> float:
    safe = _windowed(c, floor)
    low, high = 0.0, 1.0
    for _ in range(5):
        share = (low + high) / 2
        if above_floor((1 - share) * c + share * safe, floor):
            high = share
        else:
            low = share
    return high


def _windowed(c: Floats, floor: float) -> Floats:
    p = c.shape[0] // 2 + 1
    bartlett = 1 - np.abs(np.arange(1 - p, p)) / p
    padded = np.zeros((2 * p, 2 * p))
    padded[1:, 1:] = c * np.outer(bartlett, bartlett)
    spectrum = np.fft.fft2(np.fft.ifftshift(padded)).real
    smooth = np.fft.fftshift(np.fft.ifft2(np.maximum(spectrum, floor)).real)
    result: Floats = smooth[1:, 1:]
    return result


def _triangle(length: int, p: int) -> Floats:
    return np.asarray(length - np.abs(np.arange(1 - p, p)), dtype=np.float64)


def _ends(total: Floats, p: int) -> Floats:
    """Sum both pixels of the pairs at each lag over frames whose sum is ``total`` (H, W)."""
    first = _trimmed(_trimmed(total, p).T, p).T
    result: Floats = first + first[::-1, ::-1]
    return result


def _trimmed(values: Floats, p: int) -> Floats:
    """(2p-1, W) sums of (H, W) over rows, less the first p-1 .. 1, none, the last 1 .. p-1 rows."""
    total = values.sum(axis=0)
    head = np.cumsum(values[: p - 1], axis=0)
    tail = np.cumsum(values[:-p:-1], axis=0)
    return np.concatenate([(total - head)[::-1], total[None], total - tail])


@cache
def _waves(length: int, p: int) -> Floats:
    """(2p, length) cosines, then sines, of lags 0 .. p-1 at each frequency."""
    turns = np.outer(np.arange(p), np.arange(length)) % length * (2 * math.pi / length)
    return np.concatenate([np.cos(turns), np.sin(turns)])
