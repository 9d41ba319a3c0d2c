"""-log density of patches under a Gaussian, fast: one matrix product in single precision."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats


@dataclass(frozen=True, slots=True)
class GaussianModel:
    """N(mean, L L^T) over patches about `Sample.mean_adu`.

    Parameters
    ----------
    mean
        (d,) ADU.
    whitener
        (d, d) inverse of the Cholesky factor L.
    log_det
        ln det(L L^T).
    """

    mean: Floats
    whitener: Floats
    log_det: float

    @classmethod
    def from_cholesky(cls, mean: Floats, factor: Floats) -> GaussianModel:
        """Build from the (d, d) lower Cholesky factor."""
        from scipy.linalg.lapack import dtrtri

        inverse, _ = dtrtri(factor, lower=1)
        return cls(mean, np.tril(inverse), 2 * float(np.log(np.diag(factor)).sum()))

    def nats_per_pixel(self, patches: NDArray[np.float32]) -> Floats:
        """-log q of each patch divided by d.

        For integers this density, read at the integers, is a probability: its sum over them is 1
        within 2 d exp(-2 pi^2 v), v the least variance, by Poisson summation. So the values are
        discrete entropies without dithering.

        Parameters
        ----------
        patches
            (..., d), ADU about `Sample.mean_adu`.

        Returns
        -------
        array (...), nats per pixel.
        """
        d = self.mean.size
        whitened = patches.reshape(-1, d) @ self.whitener.T.astype(np.float32)
        whitened -= (self.whitener @ self.mean).astype(np.float32)
        distance = np.einsum("nd,nd->n", whitened, whitened).astype(np.float64)
        nats: Floats = 0.5 * (math.log(2 * math.pi) + (self.log_det + distance) / d)
        return nats.reshape(patches.shape[:-1])
