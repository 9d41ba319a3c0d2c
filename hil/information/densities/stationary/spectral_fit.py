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
Math. 1964). From the second on steps are twice as long where that is no worse: waves do overlap,
and Newton's step as if they did not goes a third of the way. Seven such steps come as far as twelve
plain ones, for signal variances from 9 to 90,000 times the noise's and on photographs.

Where the spectrum changes slowly, e is the sought change over q^-1 seen through
the patch, each lag of it weakened by its share of the pairs, (1 - |a|/p) (1 - |b|/p). Near the
solution those shares are divided out, and one step goes all the way; far from it that would be
rash. So the fit to a part of the data takes one such step from the fit to all. Undivided, a step
goes a third of the way, and what the part has in common with the rest, against which it is to be
held, stays in the fit: held-out values too good by 1/n bit for n patches. Divided, they differ from
those of fits of their own by 0.2/n bit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

import numpy as np

from drivers.types import Floats
from hil.information.densities.stationary.centrosymmetric import Halves, identity
from hil.information.densities.stationary.model import StationaryModel, whitener_and_log_det

_TORUS = 4  # patches along each side: a spectrum any coarser holds no blur wider than half a patch
_STEPS = 7
_ENOUGH_NATS = 5e-5  # of one pixel that a step must gain
_MOMENTUM = 0.3
_LONG = 2.0
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
        c = _lags(self.spectrum)
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
        # transforms are sums: that of the difference is the difference of theirs
        result: Floats = _along_waves(precision @ covariance @ precision) / self._q - 1
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
    for n_steps in range(_STEPS):
        step = best.direction(covariance)
        moves = [step, step / 2, step / 4]
        if n_steps:
            moves.insert(0, _LONG * step + _MOMENTUM * last)
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
    return _waves(matrix.lag_totals()) / matrix.patch_size**2


def _waves(lags: Floats) -> Floats:
    """(m, m / 2 + 1) transform of (2p-1, 2p-1) lags that read the same backwards.

    By two small products: of so few numbers they take less time than a fast transform's call.
    """
    waves = _transforms(lags.shape[0] // 2 + 1)
    result: Floats = (waves.down @ lags).reshape(_TORUS * waves.p, -1) @ waves.across
    return result


def _lags(waves: Floats) -> Floats:
    """(2p-1, 2p-1) lags of waves (m, m / 2 + 1), lag 0 in the middle."""
    back = _transforms(waves.shape[0] // _TORUS)
    result: Floats = back.down.T @ (waves @ back.back).reshape(len(back.down), -1)
    return result


class _Transforms(NamedTuple):
    """Waves at each lag, with n = 2p - 1.

    Parameters
    ----------
    down
        (2m, n) cosine and sine of each wave down, one after the other.
    across
        (2n, m / 2 + 1) cosines, then sines turned negative.
    back
        (m / 2 + 1, 2n) the same, of both halves of the spectrum, over m^2.
    """

    p: int
    down: Floats
    across: Floats
    back: Floats


@cache
def _transforms(p: int) -> _Transforms:
    m = _TORUS * p
    turns = np.outer(np.arange(m), np.arange(1 - p, p)) % m * (2 * math.pi / m)
    down = np.stack([np.cos(turns), np.sin(turns)], axis=1).reshape(2 * m, -1)
    half = turns[: m // 2 + 1].T
    across = np.concatenate([np.cos(half), -np.sin(half)])
    twice = np.full(m // 2 + 1, 2.0)
    twice[[0, -1]] = 1.0  # which the other half has not
    return _Transforms(p, down, across, (across * (twice / m**2)).T.copy())


@cache
def _pairs_divided_out(p: int) -> Floats:
    """(2p-1, 2p-1) inverse share of a patch's pairs at each lag."""
    inverse = 1 / (1 - np.abs(np.arange(1 - p, p)) / p)
    return np.outer(inverse, inverse)
