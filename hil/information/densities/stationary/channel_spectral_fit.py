"""Maximum likelihood of stationary scenes in several channels of white noise.

`spectral_fit` with a Hermitian matrix a wave in place of a number; notation as there and in
`channel_covariance`. F_w holds the wave w in each channel, d p p long:

    G <- G + q^-1 F^H (Q C Q - Q) F q^-1 / p^2,  Q = S^-1,  q = F^H Q F / p^2,

and negative eigenvalues are cut off. It starts from Capon's spectra, (F^H C^-1 F / p^2)^-1 - N.
On a torus of 4p scenes blurred over half a patch come out within 0.003 bit, for signal variances up
to 100,000 times the noise's; on one of 2p they came out 0.3 bit too high.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.stationary.channel_covariance import (
    Spectra,
    adjoint,
    at_least,
    block_toeplitz,
    inverse,
    lag_totals,
    lags_of,
    spectra,
)

_TORUS = 4  # patches along each side: on fewer, no wave is as long as blurs of half a patch make
_STEPS = 15
_ENOUGH_NATS = 1e-5  # of one value that a step must gain
_HALVINGS = 4
_LEAST_POWER = 1e-3  # in units of the noise's: what is 0 could never grow by Newton's own step


def fit_channel_spectra(covariance: Floats, channels: int, noise_adu2: float, n: float) -> Floats:
    """Fit the scenes' spectra.

    Parameters
    ----------
    covariance
        C, (C p p, C p p), about the mean.
    channels
        How many.
    noise_adu2
        N, the same in all of them.
    n
        Number of patches that C is from.

    Returns
    -------
    (C, C, 2p-1, 2p-1) covariances by lag, noise included.
    """
    spectrum = _capon(covariance, channels, noise_adu2, n)
    c, nats, direction = _examine(spectrum, covariance, noise_adu2)
    for _ in range(_STEPS):
        size, before = 1.0, nats
        for _ in range(_HALVINGS):
            trial = at_least(spectrum + size * direction, 0.0)
            found = _examine(trial, covariance, noise_adu2)
            if found[1] <= nats:
                spectrum, (c, nats, direction) = trial, found
                break
            size /= 2
        if before - nats < _ENOUGH_NATS * len(covariance):
            break
    return c


def _capon(covariance: Floats, channels: int, noise_adu2: float, n: float) -> Spectra:
    d = len(covariance)
    torus = _TORUS * math.isqrt(d // channels)
    # fewer patches than values leave directions in which nothing was seen
    loaded = covariance + noise_adu2 * d / (n + d) * np.eye(d)
    precision = np.asarray(np.linalg.inv(loaded), np.float64)
    power = inverse(_along_waves(precision, channels, torus))
    return at_least(power - noise_adu2 * np.eye(channels), _LEAST_POWER * noise_adu2)


def _examine(
    spectrum: Spectra, covariance: Floats, noise_adu2: float
) -> tuple[Floats, float, Spectra]:
    """Covariances by lag, nats, and the step from these spectra."""
    channels, torus = spectrum.shape[-1], spectrum.shape[0]
    p = math.isqrt(len(covariance) // channels)
    c = lags_of(spectrum, p)
    c[np.arange(channels), np.arange(channels), p - 1, p - 1] += noise_adu2
    factor = np.linalg.cholesky(block_toeplitz(c))
    whitener = np.tril(np.linalg.inv(factor))
    precision = whitener.T @ whitener
    log_det = 2 * float(np.log(np.diag(factor)).sum())
    fitted = covariance @ precision
    nats = 0.5 * (log_det + float(np.trace(fitted)))
    excess = _along_waves(precision @ fitted - precision, channels, torus)
    q = inverse(_along_waves(precision, channels, torus))
    direction: Spectra = q @ excess @ adjoint(q)
    return c, nats, direction


def _along_waves(matrix: NDArray[np.float64], channels: int, torus: int) -> Spectra:
    """(m, m, C, C) F^H M F / p^2 of each wave."""
    p2 = len(matrix) // channels
    result: Spectra = spectra(lag_totals(matrix, channels), torus) / p2
    return result
