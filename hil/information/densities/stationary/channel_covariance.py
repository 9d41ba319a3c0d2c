"""Covariance of patches of several channels that depends on the lag alone.

c : (C, C, 2p-1, 2p-1) covariances of channels by lag, c_ab(l) = Cov(y_a(x + l), y_b(x)), zero lag
    in the middle, so that c_ba(l) = c_ab(-l)
S : (C p p, C p p) block-Toeplitz covariance of a patch, S[ax, by] = c_ab(x - y)
G : (m, m, C, C) Hermitian spectra of the channels on a torus, c = (1/m^2) sum_w G(w) exp(i w l)

The mathematics of `autocovariance` and of `spectral_fit` with matrices in place of numbers.
Channels are scaled so that their noise has the same variance.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats

Spectra = NDArray[np.complex128]

_BISECTIONS = 6


def block_toeplitz(c: Floats) -> Floats:
    """Return S."""
    channels, p = c.shape[0], c.shape[-1] // 2 + 1
    apart = np.arange(p)[:, None] - np.arange(p)[None, :] + p - 1
    blocks = c[:, :, apart[:, None, :, None], apart[None, :, None, :]]  # a, b, i, j, k, l
    d = channels * p * p
    result: Floats = blocks.transpose(0, 2, 3, 1, 4, 5).reshape(d, d)
    return result


def lag_totals(matrix: Floats, channels: int) -> Floats:
    """Sum a (C p p, C p p) matrix over all entries of equal channels and lag, shaped like c."""
    d = matrix.shape[0] // channels
    p = round(d**0.5)
    size = 2 * p - 1
    apart = np.arange(p)[:, None] - np.arange(p)[None, :] + p - 1
    index = (apart[:, None, :, None] * size + apart[None, :, None, :]).ravel()
    split = matrix.reshape(channels, d, channels, d)
    totals = [
        [np.bincount(index, split[a, :, b].ravel(), size * size) for b in range(channels)]
        for a in range(channels)
    ]
    return np.array(totals, dtype=np.float64).reshape(channels, channels, size, size)


def spectra(c: Floats, torus: int) -> Spectra:
    """Transform c to a torus of ``torus`` x ``torus`` pixels, at least 2p."""
    p = c.shape[-1] // 2 + 1
    around = np.arange(1 - p, p)
    padded = np.zeros((*c.shape[:2], torus, torus))
    padded[:, :, around[:, None], around[None, :]] = c
    return np.moveaxis(np.fft.fft2(padded), (0, 1), (2, 3))


def lags_of(spectrum: Spectra, p: int) -> Floats:
    """Transform spectra back: c."""
    around = np.arange(1 - p, p)
    whole = np.fft.ifft2(np.moveaxis(spectrum, (2, 3), (0, 1))).real
    return np.asarray(whole[:, :, around[:, None], around[None, :]], dtype=np.float64)


def at_least(spectrum: Spectra, least: float) -> Spectra:
    """Raise the eigenvalues of each wave's matrix to ``least``."""
    values, vectors = np.linalg.eigh(spectrum)
    raised: Spectra = (vectors * np.maximum(values, least)[..., None, :]) @ adjoint(vectors)
    return raised


def adjoint(matrices: Spectra) -> Spectra:
    """Transpose and conjugate the last two axes."""
    return np.swapaxes(matrices, -1, -2).conj()


def inverse(matrices: Spectra) -> Spectra:
    """Invert the last two axes."""
    return np.asarray(np.linalg.inv(matrices), np.complex128)


def is_above(covariance: Floats, floor: float) -> bool:
    """Whether a covariance has no eigenvalue below ``floor``, but for rounding."""
    try:
        np.linalg.cholesky(covariance - 0.999 * floor * np.eye(len(covariance)))
    except np.linalg.LinAlgError:
        return False
    return True


def floored_channels(c: Floats, floor: float) -> Floats:
    """Change c as little as keeps the eigenvalues of S at ``floor`` or above.

    As `autocovariance.floored`: mixed with the same lags under a Bartlett window, whose spectra on
    the torus are cut at the floor.
    """
    if is_above(block_toeplitz(c), floor):
        return c
    p = c.shape[-1] // 2 + 1
    bartlett = 1 - np.abs(np.arange(1 - p, p)) / p
    safe = lags_of(at_least(spectra(c * np.outer(bartlett, bartlett), 2 * p), floor), p)
    low, high = 0.0, 1.0
    for _ in range(_BISECTIONS):
        share = (low + high) / 2
        if is_above(block_toeplitz((1 - share) * c + share * safe), floor):
            high = share
        else:
            low = share
    result: Floats = (1 - high) * c + high * safe
    return result
