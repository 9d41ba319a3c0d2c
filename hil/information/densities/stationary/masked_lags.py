"""Products of usable pixels at each lag, within a channel and between channels.

f_a : channel a less a fixed value, 0 where a pixel may not be used      m : 1 where it may, else 0
l   : lag, -p < l < p along both axes

    P_ab(l) = sum_x f_a(x + l) f_b(x)
    e_a(l)  = sum_x f_a(x + l) m(x)        n(l) = sum_x m(x + l) m(x)

All are correlations of the stack (f_1 .. f_C, m) with itself, by FFT with zeros around, so that
nothing wraps. A covariance from pairs of usable pixels alone is P / n less what the means say; no
value is made up for a pixel that may not be used (Padfield, IEEE Trans. Image Processing 2012).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import combinations_with_replacement
from operator import add

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.stationary.centrosymmetric import Halves, split
from hil.information.sample.sample import Sample


@dataclass(frozen=True, slots=True)
class MaskedLags:
    """Sums over some frames, with n = 2p - 1.

    Parameters
    ----------
    products
        (C, C, n, n) P.
    ends
        (C, n, n) e.
    pairs
        (n, n) n(l).
    totals
        (C,) sums of the channels' usable pixels.
    """

    products: Floats
    ends: Floats
    pairs: Floats
    totals: Floats

    def __add__(self, other: MaskedLags) -> MaskedLags:
        return MaskedLags(
            self.products + other.products,
            self.ends + other.ends,
            self.pairs + other.pairs,
            self.totals + other.totals,
        )

    def __sub__(self, other: MaskedLags) -> MaskedLags:
        return self + other.scaled(-1.0)

    def scaled(self, weight: float) -> MaskedLags:
        """Count these frames ``weight`` times."""
        return MaskedLags(
            weight * self.products, weight * self.ends, weight * self.pairs, weight * self.totals
        )

    @property
    def means(self) -> Floats:
        """(C,) means about the fixed values."""
        middle = self.pairs.shape[0] // 2
        return np.asarray(self.totals / self.pairs[middle, middle], dtype=np.float64)

    @property
    def covariances(self) -> Floats:
        """(C, C, n, n) c_ab(l) = Cov(y_a(x + l), y_b(x)), each lag by its own number of pairs.

        Lags that no two usable pixels have get 0; every lag has some where a patch fits.
        """
        mean = self.means
        other = self.ends[:, ::-1, ::-1]  # sum of f_b(x) over the same pairs
        crossed = mean[None, :, None, None] * self.ends[:, None]
        crossed = crossed + mean[:, None, None, None] * other[None]
        pairs = np.maximum(self.pairs, 1.0)
        centred = self.products - crossed + np.multiply.outer(np.outer(mean, mean), self.pairs)
        return np.asarray(centred / pairs, dtype=np.float64)


def lags_by_fold(sample: Sample) -> list[MaskedLags]:
    """Sum over the frames of each fold; frames as narrow as a patch by their patches alone."""
    p, size = sample.patch_size, sample.size
    result = []
    for fold in range(sample.n_folds):
        fields = np.flatnonzero(sample.fold == fold)
        if p in size:  # patches, alone or stacked, that are no neighbours
            patches = sample.patches[fields].reshape(-1, sample.values_per_patch)
            result.append(patch_lags(patches, sample.n_channels))
        else:
            result.append(reduce(add, (_of_field(sample, int(field)) for field in fields)))
    return result


def _of_field(sample: Sample, field: int) -> MaskedLags:
    channels = [sample.centred_frames(field, c) for c in range(sample.n_channels)]
    return masked_lags(np.stack(channels, axis=1), sample.mask(field), sample.patch_size)


def masked_lags(frames: NDArray[np.float32], usable: NDArray[np.bool_], p: int) -> MaskedLags:
    """Sum over lags below ``p``.

    Parameters
    ----------
    frames
        (n, C, H, W) less a fixed value.
    usable
        (H, W).
    """
    from scipy.fft import irfft2, next_fast_len, rfft2

    n, channels, height, width = frames.shape
    shape = (next_fast_len(height + p - 1), next_fast_len(width + p - 1, real=True))
    mask = rfft2(usable.astype(np.float64), shape)
    pairs_of_channels = list(combinations_with_replacement(range(channels), 2))
    spectrum = np.zeros((len(pairs_of_channels), *mask.shape), dtype=np.complex128)
    total = np.zeros((channels, *mask.shape), dtype=np.complex128)
    for frame in frames:
        clean = np.where(usable, frame, np.float32(0)).astype(np.float64)
        wave = rfft2(clean, shape)
        total += wave
        for sums, (a, b) in zip(spectrum, pairs_of_channels, strict=True):
            sums += wave[a] * wave[b].conj()

    def lags(of: NDArray[np.complex128]) -> Floats:
        around = np.arange(1 - p, p)
        return np.asarray(irfft2(of, shape)[np.ix_(around, around)], dtype=np.float64)

    products = np.empty((channels, channels, 2 * p - 1, 2 * p - 1))
    for sums, (a, b) in zip(spectrum, pairs_of_channels, strict=True):
        products[a, b] = lags(sums)
        products[b, a] = products[a, b, ::-1, ::-1]
    ends = np.stack([lags(one * mask.conj()) for one in total])
    pairs = n * np.rint(lags(mask * mask.conj()))
    return MaskedLags(products, ends, pairs, ends[:, p - 1, p - 1].copy())


def patch_lags(patches: NDArray[np.float32], channels: int) -> MaskedLags:
    """Sum over lags within patches alone, (n, d) less a fixed value."""
    n, d = patches.shape
    p = round((d // channels) ** 0.5)
    scatter = (patches.T @ patches).astype(np.float64).reshape(channels, p * p, channels, p * p)
    size = 2 * p - 1
    index, once = _pairs(p)
    products = np.array(
        [
            [np.bincount(index, scatter[a, :, b].ravel(), size**2) for b in range(channels)]
            for a in range(channels)
        ]
    ).reshape(channels, channels, size, size)
    square = patches.sum(axis=0, dtype=np.float64).reshape(channels, p, p)
    # the first pixel of a pair at lag l lies where its partner is in the patch too
    ends = np.array(
        [
            np.bincount(index, np.repeat(one.ravel(), p * p), size**2).reshape(size, size)
            for one in square
        ]
    )
    return MaskedLags(products, ends, n * once, square.sum(axis=(1, 2)))


def lag_products(patches: NDArray[np.float32]) -> tuple[Floats, Floats]:
    """P and n of `patch_lags` alone, of one channel: a sixth of the work.

    A lag and its opposite have the same product, so that patches and their reflections do as well
    as patches alone: two blocks of half the side.
    """
    n, d = patches.shape
    even, odd = split(patches.T.astype(np.float64))
    products = Halves(even @ even.T, odd @ odd.T).lag_totals()
    return products, n * _pairs(math.isqrt(d))[1]


@lru_cache(maxsize=4)
def _pairs(p: int) -> tuple[NDArray[np.intp], Floats]:
    """Place of each pair of a patch's pixels among the lags, (p^4,), and how many each lag has."""
    size = 2 * p - 1
    line = np.arange(p)[:, None] - np.arange(p)[None, :] + p - 1
    index = (line[:, None, :, None] * size + line[None, :, None, :]).ravel()
    return index, np.bincount(index, minlength=size**2).reshape(size, size).astype(np.float64)
