"""How far a pixel may differ between repeats by noise, and what those that differ further cost.

v(m)  : variance of a pixel's noise at a level m, ADU^2      b : its steepest slope, ADU
t     : 6 sqrt(2 v) + 12 b + 1, what a difference d of two repeats stays within
eps   : share of the pixels of a frame that do not: cosmic rays, telegraph noise, sparks

Noise whose variance grows by b with the signal comes in steps of b, and Bernstein's inequality puts
its chance to exceed t below 1e-7. A few such pixels make the variance of all differences many times
what it is (the second moment of a cosmic ray is that of 10^4 pixels), and say nothing of gain or
read noise. To a density on codes they are pixels that no scene explains, and look like

    H_2(eps) + eps mean log2(|d| / sqrt(v)) bits per pixel of information, about.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.noise.corrected import CorrectedNoise
from hil.noise.model import NoiseModel

_SIGMAS = 6.0
_LEVELS = 256


@dataclass(frozen=True, slots=True)
class SpikeLimit:
    """Tables over levels of light.

    Parameters
    ----------
    adu
        (256,) levels m.
    variance
        (256,) v, the largest of all kinds of pixels.
    limit
        (256,) t.
    """

    adu: Floats
    variance: Floats
    limit: Floats

    @classmethod
    def of(cls, noise: NoiseModel, low_adu: float, high_adu: float, discrete: bool) -> SpikeLimit:
        """Tabulate the noise between two levels."""
        adu = np.linspace(low_adu, max(high_adu, low_adu + 1.0), _LEVELS)
        variance = _variances(noise, adu, discrete)
        steepest = max(float((np.diff(variance) / np.diff(adu)).max()), 0.0)
        rounding = 1.0 if discrete else 0.0
        limit = _SIGMAS * np.sqrt(2 * variance) + _SIGMAS**2 / 3 * steepest + rounding
        return cls(adu, variance, limit)

    def exceeded(
        self, differences: NDArray[np.float32], mean_adu: NDArray[np.float32]
    ) -> NDArray[np.bool_]:
        """Where differences (F, R - 1, H, W) at levels (F, H, W) are more than noise.

        What all pixels of a frame have in common, a lamp that flickers, is taken out by the median.
        """
        common = np.median(differences, axis=(-2, -1), keepdims=True)
        limit = np.interp(mean_adu, self.adu, self.limit).astype(np.float32)
        result: NDArray[np.bool_] = np.abs(differences - common) > limit[:, None]
        return result

    def log2_ratio(
        self, differences: NDArray[np.floating], mean_adu: NDArray[np.floating]
    ) -> float:
        """Sum of log2(|d| / sqrt(v))."""
        width = np.sqrt(np.maximum(np.interp(mean_adu, self.adu, self.variance), 1e-12))
        return float(np.log2(np.maximum(np.abs(differences) / width, 1.0)).sum())

    def squares(self, differences: NDArray[np.floating], mean_adu: NDArray[np.floating]) -> float:
        """Sum of d^2 / v."""
        variance = np.maximum(np.interp(mean_adu, self.adu, self.variance), 1e-12)
        return float((differences.astype(np.float64) ** 2 / variance).sum())


def spike_bits(share: float, mean_log2_ratio: float) -> float:
    """Bits per pixel that spikes pass for, a ``share`` of the pixels of a frame."""
    if share <= 0:
        return 0.0
    eps = min(share, 0.5)
    return -eps * math.log2(eps) - (1 - eps) * math.log2(1 - eps) + eps * mean_log2_ratio


def _variances(noise: NoiseModel, adu: Floats, discrete: bool) -> Floats:
    variances = np.array([noise.mean_variance_adu2(at, discrete) for at in adu.tolist()])
    if isinstance(noise, CorrectedNoise):  # the noisiest pixel is allowed its noise
        for one in noise.distributions:
            electrons = np.maximum((adu - one.offset_adu) * one.gain_e_per_adu, 0.0)
            own = (electrons + one.read_noise_e**2) / one.gain_e_per_adu**2
            variances = np.maximum(variances, own + 1 / 12)
    return variances
