"""A mixture of Gaussians that differ in contrast alone, seen through the noise.

y   : (n, d) patches about their mean      N : variance of the noise, ADU^2
s_j : scales, j = 1 .. J, a fixed grid     w_j : their weights
V   : (d, d) eigenvectors of the scenes' covariance, l_i : variances along them at scale 1, ADU^2
e   : (n, d) squares of y V                r : (n, J) responsibilities

    q(y) = sum_j w_j N(y; 0, V diag(s_j l + N) V^T)

Patches of natural images are Gaussian but for a contrast that varies from place to place (Portilla,
Strela, Wainwright and Simoncelli, IEEE Trans. Image Processing 2003). V comes from the stationary
fit; EM over scales, with the scene under the noise as the hidden variable, finds w and l:

    l_i <- 1/n sum_nj r_nj [ s_j l_i^2 e_ni / (s_j l_i + N)^2 + l_i N / (s_j l_i + N) ]
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.mixture.seeds import responsibilities

_SCALES = 2.0 ** np.arange(-7, 6)
_STEPS = 30
_TOLERANCE = 1e-5  # nats per pixel
_SOME_PATCHES = 2**14  # fit a dozen weights and the spectrum as well as any more would
_CHUNK = 2**14


@dataclass(frozen=True, slots=True)
class ScaleMixture:
    """See the module.

    Parameters
    ----------
    mean
        (d,) ADU about `Sample.mean_adu`.
    axes
        (d, d) V.
    spectrum
        (d,) l, ADU^2.
    weights
        (J,) w.
    noise_variance_adu2
        N.
    """

    mean: Floats
    axes: Floats
    spectrum: Floats
    weights: Floats
    noise_variance_adu2: float

    @classmethod
    def fit(
        cls, patches: NDArray[np.float32], mean: Floats, covariance: Floats, noise_adu2: float
    ) -> ScaleMixture:
        """Fit scales and spectrum to patches (n, d), from the covariance (d, d) of all of them."""
        values, axes = np.linalg.eigh(covariance)
        spectrum = np.maximum(values - noise_adu2, 1e-6 * noise_adu2)
        j = _SCALES.size
        model = cls(mean, axes, spectrum, np.full(j, 1 / j), noise_adu2)
        # strided, so that every field counts
        energy = model.energies(patches[:: max(1, patches.shape[0] // _SOME_PATCHES)])
        before = -math.inf
        for _ in range(_STEPS):
            r, likelihood = responsibilities(model.joint(energy))
            if likelihood - before < _TOLERANCE * energy.size:
                break
            before = likelihood
            model = model._maximised(r, energy)
        return model

    def energies(self, patches: NDArray[np.float32]) -> Floats:
        """(n, d) e."""
        along = patches @ self.axes.astype(np.float32)
        along -= (self.mean @ self.axes).astype(np.float32)
        return np.asarray(along * along, dtype=np.float64)

    def joint(self, energy: Floats) -> Floats:
        """(n, J) ln of weight times density, nats."""
        variance = np.outer(_SCALES, self.spectrum) + self.noise_variance_adu2
        constant = -0.5 * np.log(2 * math.pi * variance).sum(axis=1)
        weights = np.log(np.maximum(self.weights, 1e-300))
        result: Floats = energy @ (-0.5 / variance).T + (constant + weights)
        return result

    def nats_per_pixel(self, patches: NDArray[np.float32]) -> Floats:
        """-ln q of each patch (..., d) divided by d; read at integers as in `GaussianModel`."""
        d = self.mean.size
        flat = patches.reshape(-1, d)
        parts = [
            np.logaddexp.reduce(self.joint(self.energies(flat[i : i + _CHUNK])), axis=1)
            for i in range(0, flat.shape[0], _CHUNK)
        ]
        result: Floats = -np.concatenate(parts).reshape(patches.shape[:-1]) / d
        return result

    def _maximised(self, r: Floats, energy: Floats) -> ScaleMixture:
        noise, l_i = self.noise_variance_adu2, self.spectrum
        count = r.sum(axis=0)
        total = np.outer(_SCALES, l_i) + noise
        explained = _SCALES[:, None] * l_i**2 / total**2 * (r.T @ energy)
        hidden = count[:, None] * l_i * noise / total
        spectrum = (explained + hidden).sum(axis=0) / count.sum()
        return ScaleMixture(self.mean, self.axes, spectrum, count / count.sum(), noise)
