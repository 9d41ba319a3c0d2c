"""Covariance of a stationary field, from all pixels.

c : (2p-1, 2p-1) autocovariance, ADU^2, zero lag in the middle, c(-a) = c(a)
S : (d, d) doubly Toeplitz covariance of a p x p patch, S[ij, kl] = c(i-k, j-l), d = p*p

Sums of products are kept for each fold, so that the covariance of "all but this fold" costs a
subtraction.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from hil.information.levinson import is_positive
from hil.information.sample import Sample

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LagSums:
    """Second-order sums of some frames about `Sample.mean_adu`.

    Parameters
    ----------
    products
        (2p-1, 2p-1) sum over pairs of pixels at a lag.
    pairs
        (2p-1, 2p-1) number of those pairs.
    total
        Sum of the pixels.
    """

    products: Floats
    pairs: Floats
    total: float

    def __add__(self, other: LagSums) -> LagSums:
        return LagSums(
            self.products + other.products, self.pairs + other.pairs, self.total + other.total
        )

    def __sub__(self, other: LagSums) -> LagSums:
        return LagSums(
            self.products - other.products, self.pairs - other.pairs, self.total - other.total
        )

    @property
    def mean(self) -> float:
        """Mean of these pixels about `Sample.mean_adu`, ADU."""
        middle = self.pairs.shape[0] // 2
        return self.total / float(self.pairs[middle, middle])

    @property
    def autocovariance(self) -> Floats:
        """(2p-1, 2p-1), each lag divided by its own number of pairs: unbiased but for the mean."""
        result: Floats = self.products / self.pairs - self.mean**2
        return result


def lag_sums(sample: Sample) -> list[LagSums]:
    """Sum products by lag for each fold.

    Frames no larger than a patch go by one matrix product, larger ones by FFT with as much zero
    padding as keeps lags from wrapping.
    """
    height, width = sample.frames.shape[2:]
    p = sample.patch_size
    per_frame = np.outer(_triangle(height, p), _triangle(width, p))
    sums = []
    for fold in range(sample.n_folds):
        members = np.flatnonzero(sample.fold == fold)
        pairs = per_frame * (members.size * sample.n_repeats)
        if (height, width) == (p, p):
            patches = sample.patches[members].reshape(-1, p * p)
            products = lag_totals((patches.T @ patches).astype(np.float64), p)
            total = float(patches.sum(dtype=np.float64))
        else:
            products, total = _by_fft(sample, members)
        sums.append(LagSums(products, pairs, total))
    return sums


def lag_totals(scatter: Floats, p: int) -> Floats:
    """Sum a (d, d) matrix over all entries of equal lag, (2p-1, 2p-1)."""
    n = 2 * p - 1
    totals = np.bincount(_lag_index(p), weights=scatter.ravel(), minlength=n * n)
    return np.asarray(totals, dtype=np.float64).reshape(n, n)


def floored(c: Floats, floor: float) -> Floats:
    """Change ``c`` as little as keeps the eigenvalues of its covariance at ``floor`` or above.

    An estimate with unbiased lags need not be positive. It is mixed, by as little as a bisection
    finds, with one that is: the same lags under a Bartlett window, whose spectrum on the
    circulant of twice the size is cut at the floor (a principal part of a circulant matrix has no
    eigenvalue below the least of the circulant). No eigendecomposition is needed.

    Returns
    -------
    (2p-1, 2p-1) autocovariance.
    """
    middle = c.shape[0] // 2
    below = np.zeros_like(c)
    # a little below the floor itself, where the safe covariance may lie
    below[middle, middle] = 0.999 * floor
    if is_positive(c - below):
        return c
    safe = _windowed(c, floor)
    low, high = 0.0, 1.0
    for _ in range(5):
        share = (low + high) / 2
        if is_positive((1 - share) * c + share * safe - below):
            high = share
        else:
            low = share
    result: Floats = (1 - high) * c + high * safe
    return result


def _windowed(c: Floats, floor: float) -> Floats:
    p = c.shape[0] // 2 + 1
    bartlett = 1 - np.abs(np.arange(1 - p, p)) / p
    padded = np.zeros((2 * p, 2 * p))
    padded[1:, 1:] = c * np.outer(bartlett, bartlett)
    spectrum = np.fft.fft2(np.fft.ifftshift(padded)).real
    smooth = np.fft.fftshift(np.fft.ifft2(np.maximum(spectrum, floor)).real)
    result: Floats = smooth[1:, 1:]
    return result


@cache
def _lag_index(p: int) -> NDArray[np.intp]:
    """(d * d,) place in a raveled (2p-1, 2p-1) autocovariance of each entry of S."""
    lag = np.arange(p)[:, None] - np.arange(p)[None, :] + p - 1
    index = lag[:, None, :, None] * (2 * p - 1) + lag[None, :, None, :]
    return index.ravel()


def _triangle(length: int, p: int) -> Floats:
    return np.asarray(length - np.abs(np.arange(1 - p, p)), dtype=np.float64)


def _by_fft(sample: Sample, members: NDArray[np.intp]) -> tuple[Floats, float]:
    from scipy.fft import irfft2, next_fast_len, rfft2

    p = sample.patch_size
    height, width = sample.frames.shape[2:]
    shape = (next_fast_len(height + p - 1, real=True), next_fast_len(width + p - 1, real=True))
    power = np.zeros((shape[0], shape[1] // 2 + 1))
    total = 0.0
    for field in members:
        for frame in sample.centred_frames(int(field)):
            transform = rfft2(frame, shape)
            power += transform.real**2 + transform.imag**2
            total += float(frame.sum(dtype=np.float64))
    lags = irfft2(power, shape)
    around = np.arange(1 - p, p)
    return np.asarray(lags[np.ix_(around, around)], dtype=np.float64), total
