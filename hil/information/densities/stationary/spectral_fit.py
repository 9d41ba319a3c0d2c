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

    G <- max(0, G + e / q),  e = q^-1 f^H (Q C Q - Q) f / d,  Q = S^-1,  q = f^H Q f / d

It starts from Capon's spectrum of C, and keeps some of the last step's momentum (Polyak, USSR Comp.
Math. 1964). Five steps leave less than 0.0005 bit, for signal variances from 9 to 90,000 times the
noise's.

Waves do overlap: where the spectrum changes slowly, e is the sought change over q^-1 seen through
the patch, each lag of it weakened by its share of the pairs, (1 - |a|/p) (1 - |b|/p). Near the
solution those shares are divided out, and one step goes all the way; far from it that would be
rash. So the fit to a part of the data takes one such step from the fit to all. Undivided, a step
goes a third of the way, and what the part has in common with the rest, against which it is to be
held, stays in the fit: held-out values too good by 1/n bit for n patches. Divided, they differ from
those of fits of their own by 0.2/n bit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from drivers.types import Floats
from hil.information.densities.stationary.centrosymmetric import Halves, identity
from hil.information.densities.stationary.model import StationaryModel, whitener_and_log_det

_TORUS = 4  # patches along each side: a spectrum any coarser holds no blur wider than half a patch
_STEPS = 12
_ENOUGH_NATS = 5e-5  # of one pixel that a step must gain
_MOMENTUM = 0.3
_LEAST_POWER = 1e-3  # in units of the noise's: what is 0 could never grow by Newton's own step


@dataclass(frozen=True)
class SpectralFit:
    """A spectrum and the model of patches that it makes.

    Parameters
    ----------
    spectrum
        (m, m / 2 + 1) G; the other half mirrors it.
    noise_adu2
        N.
    """

    spectrum: Floats
    noise_adu2: float

    @cached_property
    def model(self) -> StationaryModel:
        """A scene with this spectrum in white noise."""
        p = self.spectrum.shape[0] // _TORUS
        around = np.arange(1 - p, p)
        c = _lags(self.spectrum)[np.ix_(around, around)]
        c[p - 1, p - 1] += self.noise_adu2
        return StationaryModel(c)

    def nats(self, covariance: Halves) -> float:
        """Cross-entropy of patches with this covariance, less a constant."""
        return 0.5 * (self.model.log_det + self.model.precision.dot(covariance))

    def moved(
        self, covariance: Halves, moves: Iterable[Floats], nats: float
    ) -> tuple[SpectralFit, float]:
        """Give the first of the fits so far away that is no worse; itself where all are.

        Parameters
        ----------
        nats
            Of this one; those of the fit that is given come with it.
        """
        for move in moves:
            there = SpectralFit(np.maximum(self.spectrum + move, 0.0), self.noise_adu2)
            if (reached := there.nats(covariance)) <= nats:
                return there, reached
        return self, nats

    def direction(self, covariance: Halves) -> Floats:
        """Newton's step towards patches with this covariance as if waves did not overlap."""
        result: Floats = self._excess(covariance) / self._q
        return result

    def whole_direction(self, covariance: Halves) -> Floats:
        """Newton's step with the overlap of waves, for covariances that nearly fit."""
        excess = self._excess(covariance)
        held = (self.spectrum <= 0) & (excess < 0)  # waves that only power below 0 could fit
        lags = _lags(np.where(held, 0.0, excess))
        result: Floats = (
            _waves(lags * _pairs_divided_out(self.model.precision.patch_size)) / self._q
        )
        result[held] = 0.0
        return result

    def _excess(self, covariance: Halves) -> Floats:
        """How far each wave is from what fits, e of the module, (m, m / 2 + 1)."""
        precision = self.model.precision
        result: Floats = _along_waves(precision @ covariance @ precision - precision) / self._q
        return result

    @cached_property
    def _q(self) -> Floats:
        return _along_waves(self.model.precision)


def fit_spectrum(covariance: Halves, noise_adu2: float, n: float) -> SpectralFit:
    """Fit the scene's spectrum.

    Parameters
    ----------
    covariance
        C, about the mean.
    noise_adu2
        N.
    n
        Number of patches that C is from, weighted.
    """
    best = SpectralFit(_capon(covariance, noise_adu2, n), noise_adu2)
    nats = best.nats(covariance)
    last = np.zeros_like(best.spectrum)
    for _ in range(_STEPS):
        step = best.direction(covariance)
        moves = (step + _MOMENTUM * last, step, step / 2, step / 4)
        there, reached = best.moved(covariance, moves, nats)
        last = there.spectrum - best.spectrum
        gained, nats = nats - reached, reached
        best = there
        if gained < _ENOUGH_NATS * covariance.patch_size**2:
            break
    return best


def fit_part(whole: SpectralFit, covariance: Halves) -> SpectralFit:
    """Fit a part of the data.

    Parameters
    ----------
    whole
        Fit to all of it.
    covariance
        C of the part, about its mean.
    """
    step = whole.whole_direction(covariance)
    return whole.moved(covariance, (step, step / 2, step / 4), whole.nats(covariance))[0]


def _capon(covariance: Halves, noise_adu2: float, n: float) -> Floats:
    d = covariance.patch_size**2
    # fewer patches than pixels leave directions in which nothing was seen
    loaded = covariance + identity(d).scaled(noise_adu2 * d / (n + d))
    even, odd = (whitener_and_log_det(block)[0] for block in (loaded.even, loaded.odd))
    inverse = Halves(even.T @ even, odd.T @ odd)
    result: Floats = np.maximum(1 / _along_waves(inverse) - noise_adu2, _LEAST_POWER * noise_adu2)
    return result


def _along_waves(matrix: Halves) -> Floats:
    """f^H M f / d of each wave: the transform of the sums over entries of equal lag."""
    p = matrix.patch_size
    around = np.arange(1 - p, p)
    lags = np.zeros((_TORUS * p, _TORUS * p))
    lags[np.ix_(around, around)] = matrix.lag_totals()
    return _waves(lags) / p**2


def _waves(lags: Floats) -> Floats:
    """(m, m / 2 + 1) transform of (m, m) lags, lag 0 first, that read the same backwards."""
    from scipy.fft import rfft2

    return np.asarray(rfft2(lags).real, np.float64)


def _lags(waves: Floats) -> Floats:
    """(m, m) lags of waves (m, m / 2 + 1)."""
    from scipy.fft import irfft2

    m = waves.shape[0]
    return np.asarray(irfft2(waves, (m, m)), np.float64)


@cache
def _pairs_divided_out(p: int) -> Floats:
    """(m, m) inverse share of a patch's pairs at each lag; 0 beyond the patch."""
    lag = np.abs(np.arange(_TORUS * p) - _TORUS * p // 2)
    share = np.fft.ifftshift(np.maximum(1 - lag / p, 0.0))
    within = share > 0
    inverse = np.divide(1.0, share, out=np.zeros_like(share), where=within)
    return np.outer(inverse, inverse)
