"""Gaussian noise of one width, on real or on rounded values.

Real values: h(y|x) = 1/2 ln(2 pi e sigma^2).

Integers: Y = round(x + N(0, sigma^2)). The entropy of Y depends on where x lies between two
integers; phi is its mean over that phase, and `rounding_phase` says what the histogram adds to it.
From about one ADU on the entropy is 1/2 ln(2 pi e (sigma^2 + 1/12)).
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.noise.entropy.histogram import AduCounts
from hil.noise.entropy.phi_shift import PhiShift
from hil.noise.entropy.rounding_phase import PHASE_MATTERS_ADU, mean_over_phase_nats, phase_shift
from hil.noise.model import finite_number

_ASYMPTOTIC_ADU = 2.0  # beyond, exp(-2 pi^2 sigma^2) is below 1e-34


class GaussianNoise:
    """Additive Gaussian noise, the same everywhere.

    Parameters
    ----------
    sigma_adu
        Standard deviation before rounding, ADU, more than 0.

    Raises
    ------
    InputError
        For an impossible width.
    """

    needs_integers = False
    lowest_adu = -math.inf
    darkest_adu = -math.inf
    highest_adu = math.inf
    clips_low = False

    def __init__(self, sigma_adu: float) -> None:
        self.sigma_adu = finite_number(
            "sigma_adu", sigma_adu, 0, inclusive=False, allowed="a number above 0, in ADU"
        )

    def __repr__(self) -> str:
        return f"GaussianNoise(sigma_adu={self.sigma_adu:g})"

    def recoded(self, step_adu: float, phase_adu: float, highest: float | None) -> GaussianNoise:
        """Give the noise of (y - phase) / step; it has no clip."""
        del phase_adu, highest
        return self if step_adu == 1 else GaussianNoise(self.sigma_adu / step_adu)

    @cached_property
    def _rounded_entropy_nats(self) -> float:
        sigma = self.sigma_adu
        if sigma >= _ASYMPTOTIC_ADU:
            return 0.5 * math.log(2 * math.pi * math.e * (sigma**2 + 1 / 12))
        return mean_over_phase_nats(sigma)

    def entropy_phi_nats(self, y_adu: NDArray[Any], discrete: bool) -> Floats:
        """See `NoiseModel`: a constant."""
        if discrete:
            value = self._rounded_entropy_nats
        else:
            value = 0.5 * math.log(2 * math.pi * math.e * self.sigma_adu**2)
        return np.full(y_adu.shape, value)

    def phi_shift(self, counts: AduCounts) -> PhiShift:
        """See `ShiftedPhi`: by the phase."""
        if self.sigma_adu >= PHASE_MATTERS_ADU:
            return PhiShift()
        return phase_shift(self.sigma_adu, counts)

    def phi_bias_nats(self, low_adu: float, high_adu: float, discrete: bool) -> float:
        """See `NoiseModel`: none on average over the phase."""
        del low_adu, high_adu, discrete
        return 0.0

    def has_one_hill(self, adu: Floats) -> bool:
        """See `OneHillNoise`: always."""
        del adu
        return True

    def mean_variance_adu2(self, mean_adu: float, discrete: bool) -> float:
        """See `NoiseModel`; rounding adds 1/12."""
        del mean_adu
        return self.sigma_adu**2 + (1 / 12 if discrete else 0.0)

    def stabilised(self, y_adu: NDArray[Any], discrete: bool, repeats: int = 1) -> Floats:
        """See `NoiseModel`: ADU in units of the noise."""
        del repeats
        sigma = math.sqrt(self.mean_variance_adu2(0.0, discrete))
        result: Floats = np.asarray(y_adu, dtype=np.float64) / sigma
        return result

    def sample(self, lambda_: Floats, rng: np.random.Generator) -> NDArray[Any]:
        """See `NoiseModel`; ``lambda_`` in ADU, real numbers out."""
        return np.asarray(lambda_ + rng.normal(0.0, self.sigma_adu, np.shape(lambda_)))
