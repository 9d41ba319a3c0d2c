"""Maximum likelihood of a stationary scene in white noise.

G : (m, m) power spectrum of the scene on a torus, at least 0, ADU^2, m = 4p
N : variance of the noise, ADU^2
S : (d, d) covariance of a patch, T(G) + N I, T(G)[x, x'] = (1/m^2) sum_w G(w) exp(i w (x - x'))
C : (d, d) covariance of the patches as they were measured
f : (d,) a wave over the patch, exp(i w x)

Scenes behind optics have a spectrum that ends; beyond it there is noise alone. Lags averaged over
all pixels err by a share of the whole variance, which at the dark end of the spectrum is many times
the noise, and the matrix built from them is not positive. This fit minimises what is wanted, the
cross-entropy 1/2 (ln det S + <S^-1, C>), over spectra that can be: structured covariance estimation
on a circulant extension (Burg, Luenberger and Wenger, Proc. IEEE 1982; Dembo, Mallows and Shepp,
IEEE Trans. Inf. Theory 1989), from which no eigenvalue lies below N.

The step is Newton's with Fisher's information as it were if waves did not overlap, in Capon's
spectrum (Proc. IEEE 1969), whose windows adapt to the data and so do not leak:

    G <- max(0, G + q^-2 f^H (Q C Q - Q) f / d),  Q = S^-1, q = f^H Q f / d

It starts from Capon's spectrum of C, and keeps some of the last step's momentum (Polyak, USSR Comp.
Math. 1964). Five steps leave less than 0.0005 bit, for signal variances from 9 to 90,000 times the
noise's. From the fit to data of which C is a part, one step goes a third of the way: what C has in
common with the rest then stays in the fit to C alone, which is to be held against the rest. That
makes held-out values too good by about 1/n bit, so that it serves for large n alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hil.information.halves import Halves, identity
from hil.information.stationary_model import StationaryModel, whitener_and_log_det

Floats = NDArray[np.float64]

_TORUS = 4  # patches along each side: a spectrum any coarser holds no blur wider than half a patch
_STEPS = 12
_ENOUGH_NATS = 5e-5  # of one pixel that a step must gain
_MANY_PATCHES = 2**14  # whose fit may start nearby: it errs by 0.0001 bit, no more than the steps
_MOMENTUM = 0.3
_LEAST_POWER = 1e-3  # in units of the noise's: what is 0 could never grow by Newton's own step


@dataclass(frozen=True)
class SpectralFit:
    """A spectrum (m, m) and the model of patches that it makes."""

    spectrum: Floats
    model: StationaryModel

    @classmethod
    def of(cls, spectrum: Floats, noise_adu2: float) -> SpectralFit:
        """Make the model of a scene with this spectrum in white noise."""
        p = spectrum.shape[0] // _TORUS
        around = np.arange(1 - p, p)
        c = np.asarray(np.fft.ifft2(spectrum).real[np.ix_(around, around)], dtype=np.float64)
        c[p - 1, p - 1] += noise_adu2
        return cls(spectrum, StationaryModel(c))

    def nats(self, covariance: Halves) -> float:
        """Cross-entropy of patches with this covariance, less a constant."""
        return 0.5 * (self.model.log_det + self.model.precision.dot(covariance))

    def direction(self, covariance: Halves) -> Floats:
        """(m, m) Newton's step towards patches with this covariance."""
        precision = self.model.precision
        excess = precision @ covariance @ precision - precision
        result: Floats = _along_waves(excess) / self._curvature
        return result

    @cached_property
    def _curvature(self) -> Floats:
        result: Floats = _along_waves(self.model.precision) ** 2
        return result


def fit_spectrum(
    covariance: Halves, noise_adu2: float, n: float, whole: SpectralFit | None = None
) -> SpectralFit:
    """Fit the scene's spectrum.

    Parameters
    ----------
    covariance
        C, about the mean.
    noise_adu2
        N.
    n
        Number of patches that C is from, weighted.
    whole
        Fitted to data of which these are a part, if there are such.
    """
    if whole is not None and n >= _MANY_PATCHES:
        best, steps = whole, 1
    else:
        best, steps = SpectralFit.of(_capon(covariance, noise_adu2, n), noise_adu2), _STEPS
    nats, last = best.nats(covariance), np.zeros_like(best.spectrum)
    for _ in range(steps):
        before = nats
        step = best.direction(covariance)
        for move in (step + _MOMENTUM * last, step, step / 2, step / 4):
            trial = SpectralFit.of(np.maximum(best.spectrum + move, 0.0), noise_adu2)
            found = trial.nats(covariance)
            if found <= nats:
                last = trial.spectrum - best.spectrum
                best, nats = trial, found
                break
        if before - nats < _ENOUGH_NATS * covariance.patch_size**2:
            break
    return best


def _capon(covariance: Halves, noise_adu2: float, n: float) -> Floats:
    d = covariance.patch_size**2
    # fewer patches than pixels leave directions in which nothing was seen
    loaded = covariance + identity(d).scaled(noise_adu2 * d / (n + d))
    even, odd = (whitener_and_log_det(block)[0] for block in (loaded.even, loaded.odd))
    inverse = Halves(even.T @ even, odd.T @ odd)
    result: Floats = np.maximum(1 / _along_waves(inverse) - noise_adu2, _LEAST_POWER * noise_adu2)
    return result


def _along_waves(matrix: Halves) -> Floats:
    """(m, m) f^H M f / d of each wave: the transform of the sums over entries of equal lag."""
    p = matrix.patch_size
    around = np.arange(1 - p, p)
    lags = np.zeros((_TORUS * p, _TORUS * p))
    lags[np.ix_(around, around)] = matrix.lag_totals()
    result: Floats = np.fft.fft2(lags).real / p**2
    return result
