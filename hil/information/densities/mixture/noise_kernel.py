"""The known noise as the kernel of a mixture: ln p(y | scene) of patches under many scenes.

y  : (n, d) patches, ADU             mu : (K, d) means of the measurement under each scene, ADU
v  : variance of the noise at a mean, ADU^2, linear in it: v = a + b mu

For exponential families ln p is a product of features of y and coefficients of mu, so that all n K
of them come from one matrix product: exactly for Gaussian and Poisson noise; for others with a
Gaussian of variance v(mu), whose few nearest scenes are then looked up in the exact distribution.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.copula.model import cell_nats
from hil.information.sample.sample import Sample
from hil.noise.camera import CameraNoise
from hil.noise.entropy.camera_pixel import CameraPixel
from hil.noise.gaussian import GaussianNoise
from hil.noise.model import NoiseModel
from hil.noise.poisson import PoissonNoise

Indices = NDArray[np.intp]

_ROUNDING_SHOWS_ADU = 1.0  # noise narrower than this is read off as cells, not as a density
_STEP = 0.05  # of a table's signal, in standard deviations of the noise
_MOST_ENTRIES = 2**22
_LEAST_COUNT = 1e-6  # counts; a mean of exactly 0 would exclude any photon for ever


class NoiseKernel(Protocol):
    """ln p(y | mu), nats, for a patch's pixels together."""

    def features(self, y: Floats) -> Floats:
        """(n, F) what ln p depends on y by."""
        ...

    def coefficients(self, mu: Floats) -> tuple[Floats, Floats]:
        """(K, F) weights of the features, and (K,) constants."""
        ...

    def base(self, y: Floats) -> Floats:
        """(n,) what is left of ln p: it depends on y alone."""
        ...

    def exact(self, y: Floats, mu: Floats) -> Floats | None:
        """(n, k) ln p of each patch (n, d) under its own k means (n, k, d).

        None where features and coefficients are exact already.
        """
        ...


def noise_kernel(sample: Sample) -> NoiseKernel:
    """Find the kernel of the sample's noise."""
    noise = sample.noise
    if isinstance(noise, PoissonNoise):
        return PoissonKernel()
    if isinstance(noise, GaussianNoise):
        return GaussianKernel(noise.sigma_adu, sample.mean_adu, sample.discrete)
    a, b = variance_line(sample)
    if isinstance(noise, CameraNoise):
        low, high = float(sample.frames.min()), float(sample.frames.max())
        return CameraKernel(a, b, sample.mean_adu, noise, low, high)
    return LinearVarianceKernel(a, b, sample.mean_adu)


def variance_line(sample: Sample) -> tuple[float, float]:
    """Give a and b of v = a + b mu, from the noise model where there is one."""
    noise: NoiseModel | None = sample.noise
    if noise is None:
        return sample.noise_variance_adu2, 0.0
    low, high = float(sample.frames.min()), float(sample.frames.max())
    # the upper half of the signal lies beyond any offset, where the line is straight
    middle = (low + high) / 2
    v_middle = noise.mean_variance_adu2(middle, sample.discrete)
    v_high = noise.mean_variance_adu2(high, sample.discrete)
    b = (v_high - v_middle) / (high - middle) if high > middle else 0.0
    return v_high - b * high, max(b, 0.0)


def stabilised(y: NDArray[Any], a: float, b: float) -> Floats:
    """Make the noise's variance about 1: the generalised Anscombe transform (Makitalo and Foi)."""
    wide = np.asarray(y, dtype=np.float64)
    if b <= 1e-12 * abs(a):
        result: Floats = wide / math.sqrt(a)
        return result
    shifted = np.maximum(b * wide + 3 / 8 * b**2 + a, 0.0)
    result = 2 / b * np.sqrt(shifted)
    return result


class GaussianKernel:
    """Noise of one width.

    Parameters
    ----------
    sigma_adu
        Standard deviation before rounding.
    about_adu
        Pixels are taken about this, for accuracy alone.
    discrete
        Whether pixels are rounded.
    """

    def __init__(self, sigma_adu: float, about_adu: float, discrete: bool) -> None:
        self._sigma = sigma_adu
        self._about = about_adu
        self._discrete = discrete
        self._variance = sigma_adu**2 + (1 / 12 if discrete else 0.0)

    def features(self, y: Floats) -> Floats:
        """See `NoiseKernel`."""
        return (y - self._about) / math.sqrt(self._variance)

    def coefficients(self, mu: Floats) -> tuple[Floats, Floats]:
        """See `NoiseKernel`."""
        scaled = self.features(mu)
        return scaled, -0.5 * (scaled**2).sum(axis=1)

    def base(self, y: Floats) -> Floats:
        """See `NoiseKernel`."""
        constant = 0.5 * y.shape[1] * math.log(2 * math.pi * self._variance)
        result: Floats = -0.5 * (self.features(y) ** 2).sum(axis=1) - constant
        return result

    def exact(self, y: Floats, mu: Floats) -> Floats | None:
        """See `NoiseKernel`."""
        if not self._discrete or self._sigma >= _ROUNDING_SHOWS_ADU:
            return None
        middle = y[:, None] - mu
        nats = cell_nats((middle - 0.5) / self._sigma, (middle + 0.5) / self._sigma)
        result: Floats = -nats.sum(axis=2)
        return result


class PoissonKernel:
    """Photon counts."""

    def features(self, y: Floats) -> Floats:
        """See `NoiseKernel`."""
        return y

    def coefficients(self, mu: Floats) -> tuple[Floats, Floats]:
        """See `NoiseKernel`."""
        positive = np.maximum(mu, _LEAST_COUNT)
        return np.log(positive), -positive.sum(axis=1)

    def base(self, y: Floats) -> Floats:
        """See `NoiseKernel`."""
        from scipy.special import gammaln

        result: Floats = -gammaln(y + 1).sum(axis=1)
        return result

    def exact(self, y: Floats, mu: Floats) -> Floats | None:
        """See `NoiseKernel`."""
        del y, mu
        return None


class LinearVarianceKernel:
    """Any noise, as a Gaussian of variance a + b mu.

    Parameters
    ----------
    a, b
        ADU^2 and ADU.
    about_adu
        Pixels are taken about this, for accuracy alone.
    """

    def __init__(self, a: float, b: float, about_adu: float) -> None:
        self._a = a
        self._b = b
        self._about = about_adu

    def variance(self, mu: Floats) -> Floats:
        """Give v at means of any shape, ADU^2."""
        typical = max(self._a + self._b * self._about, 1e-12)
        result: Floats = np.maximum(self._a + self._b * mu, 1e-3 * typical)
        return result

    def features(self, y: Floats) -> Floats:
        """See `NoiseKernel`."""
        about = y - self._about
        return np.concatenate([about, about**2], axis=1)

    def coefficients(self, mu: Floats) -> tuple[Floats, Floats]:
        """See `NoiseKernel`."""
        v, about = self.variance(mu), mu - self._about
        constant = -0.5 * (about**2 / v + np.log(2 * math.pi * v)).sum(axis=1)
        return np.concatenate([about / v, -0.5 / v], axis=1), constant

    def base(self, y: Floats) -> Floats:
        """See `NoiseKernel`."""
        return np.zeros(y.shape[0])

    def exact(self, y: Floats, mu: Floats) -> Floats | None:
        """See `NoiseKernel`."""
        del y, mu
        return None


class CameraKernel(LinearVarianceKernel):
    """A camera: near scenes by its exact distribution, rounding and both clips included.

    Parameters
    ----------
    a, b, about_adu
        As in `LinearVarianceKernel`.
    noise
        The camera.
    low_adu, high_adu
        Extremes of the data.
    """

    def __init__(
        self,
        a: float,
        b: float,
        about_adu: float,
        noise: CameraNoise,
        low_adu: float,
        high_adu: float,
    ) -> None:
        super().__init__(a, b, about_adu)
        self._distribution = CameraPixel(
            noise.gain_e_per_adu, noise.offset_adu, noise.read_noise_e, noise.highest_adu
        )
        # beyond the data by what noise can do, so that means are those of the whole distribution
        reach_low, reach_high = 6 * np.sqrt(self.variance(np.array([low_adu, high_adu])))
        self._first = max(math.floor(low_adu - reach_low), 0)
        self._last = int(min(math.ceil(high_adu + reach_high), noise.highest_adu))

    def exact(self, y: Floats, mu: Floats) -> Floats | None:
        """See `NoiseKernel`; None for light so bright that the Gaussian is as good."""
        if self._table is None:
            return None
        table, mean_adu = self._table
        place = np.interp(mu, mean_adu, np.arange(mean_adu.size))
        row = np.minimum(place.astype(np.intp), mean_adu.size - 2)
        share = place - row
        column = (y - self._first).astype(np.intp)[:, None]
        nats = (1 - share) * table[row, column] + share * table[row + 1, column]
        result: Floats = nats.sum(axis=2)
        return result

    @cached_property
    def _table(self) -> tuple[Floats, Floats] | None:
        """Tabulate ln P(y | lambda) over signal and ADU, with the mean ADU of each signal."""
        distribution = self._distribution
        codes = self._last - self._first + 1
        t_low = distribution.stabilised(
            max(self._first - distribution.offset_adu, 0.0) * distribution.gain_e_per_adu
        )
        t_high = (
            distribution.stabilised(
                (self._last - distribution.offset_adu) * distribution.gain_e_per_adu
            )
            + 4
        )
        signals = max(2, math.ceil((t_high - t_low) / _STEP))
        if codes * signals > _MOST_ENTRIES or codes < 2:
            return None
        lambda_e = distribution.electrons(np.linspace(t_low, t_high, signals))
        edges = np.arange(self._first, self._last + 2, dtype=np.float64) - 0.5
        probability = distribution.probabilities(lambda_e, edges)
        mean_adu = np.maximum.accumulate(probability @ (edges[:-1] + 0.5))
        mean_adu += 1e-12 * np.arange(signals)  # strictly increasing, where all is clipped too
        return np.log(np.maximum(probability, 1e-300)), mean_adu
