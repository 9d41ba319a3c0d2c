"""P(y | lambda) of one camera pixel, and its entropy.

lambda : expected electrons
g      : gain, electrons per ADU
o      : offset, ADU
s      : read noise, electrons rms
V      : variance in electrons squared, lambda + s^2 + g^2/12 (Sheppard's correction for rounding)
t      : stabilised signal, 2 sqrt(lambda + s^2): noise has standard deviation 1 in it

Y = clip(round(K / g + o + N(0, (s/g)^2)), 0, top), K ~ Poisson(lambda). ADU are taken in groups of
neighbours, so that tables stay small where the noise is many ADU wide; a group is summed exactly.

Up to `exact_to` electrons Poisson weights are summed against differences of the Gaussian CDF. For
read noise above 20 electrons the distribution is so smooth that a Gaussian with the skewness term
of Edgeworth's series stands in for the sum (Hall, The Bootstrap and Edgeworth Expansion, 1992,
2.17).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from drivers.types import Floats

_EXACT_READ_NOISE_E = 20.0
_MAX_GROUPS = 6000
_GROUPS_PER_SIGMA = 24
_EXACT_LIGHT_E = 3000.0  # beyond, Edgeworth's series serves
# Beyond these the Gaussian CDF is 0 and 1 in double precision, and most of a table lies there.
_SURELY_BELOW, _SURELY_ABOVE = -40.0, 9.0
_LIGHTS_AT_ONCE = 64  # few, so that memory stays small, and neighbours have the same electrons


@dataclass(frozen=True, slots=True)
class CameraPixel:
    """The distribution of one pixel.

    Parameters
    ----------
    gain_e_per_adu, offset_adu, read_noise_e
        As in `CameraNoise`.
    top_adu
        Where it clips; infinite where it does not.
    """

    gain_e_per_adu: float
    offset_adu: float
    read_noise_e: float
    top_adu: float

    def stabilised(self, lambda_e: float) -> float:
        """Return t for ``lambda_e`` electrons."""
        return 2 * math.sqrt(max(lambda_e, 0.0) + self.read_noise_e**2)

    def electrons(self, t: Floats) -> Floats:
        """Return lambda for stabilised signals ``t``."""
        return np.maximum((t / 2) ** 2 - self.read_noise_e**2, 0.0)

    def adu(self, t: float) -> float:
        """Return the mean ADU, unclipped, at the stabilised signal ``t``."""
        lambda_e = (t / 2) ** 2 - self.read_noise_e**2
        return self.offset_adu + lambda_e / self.gain_e_per_adu

    def group_edges(self, low_adu: float, high_adu: float, t_low: float) -> Floats:
        """Edges, half ADU, of groups of ADU from ``low_adu`` to ``high_adu``.

        ADU 0 and the clip are groups of their own; groups are at most 1/24 of the noise wide at
        ``t_low``, the darkest end, and 1 ADU at least.
        """
        low = max(0, math.floor(low_adu))
        high = int(min(math.ceil(high_adu), self.top_adu))
        sigma_adu = t_low / 2 / self.gain_e_per_adu
        width = max(1, int(sigma_adu / _GROUPS_PER_SIGMA), math.ceil((high - low) / _MAX_GROUPS))
        inner = np.arange(low + 1, high, width, dtype=np.float64)
        last = [float(high)] if high == self.top_adu else []
        return np.unique(np.concatenate([[low], inner, last, [high + 1.0]])) - 0.5

    def probabilities(self, lambda_e: Floats, edges: Floats) -> Floats:
        """P(group | lambda), (n_lambda, n_groups).

        The first group holds all that lies below it, the last all above.
        """
        inner = edges[1:-1]
        # electrons are summed one by one only where they are few enough to matter
        few = lambda_e <= (_EXACT_LIGHT_E if self.read_noise_e <= _EXACT_READ_NOISE_E else -1.0)
        below = np.empty((lambda_e.size, inner.size))
        if few.any():
            below[few] = self._exact_cdf(lambda_e[few], inner)
        if not few.all():
            below[~few] = self._smooth_cdf(lambda_e[~few], inner)
        column = np.ones((lambda_e.size, 1))
        cdf = np.concatenate([0 * column, below, column], axis=1)
        return np.maximum(np.diff(cdf, axis=1), 0.0)

    def bright_probabilities(self, lambda_e: Floats, edges: Floats) -> Floats:
        """As `probabilities`, for many electrons: Edgeworth's distribution."""
        below = self._smooth_cdf(lambda_e, edges[1:-1])
        column = np.ones((lambda_e.size, 1))
        return np.maximum(np.diff(np.concatenate([0 * column, below, column], axis=1), axis=1), 0.0)

    def tabulated(
        self, lambda_e: Floats, edges: Floats, *, bright: bool = False
    ) -> tuple[Floats, Floats]:
        """P(group | lambda), (n_lambda, n_groups), and the entropy of one pixel, (n_lambda,) nats.

        Parameters
        ----------
        bright
            Whether there are so many electrons that Edgeworth's distribution serves.
        """
        from scipy.special import entr

        table = self.bright_probabilities if bright else self.probabilities
        probability = table(lambda_e, edges)
        nats: Floats = entr(probability).sum(axis=1) + probability @ np.log(np.diff(edges))
        return probability, nats

    def smooth_entropy_nats(self, lambda_e: Floats) -> Floats:
        """Entropy for many electrons, unclipped, nats.

        1/2 ln(2 pi e V/g^2) - skewness^2/12 (Edgeworth; for Poisson 1/2 ln(2 pi e lambda)
        - 1/(12 lambda), Evans and Boersma 1988).
        """
        variance = lambda_e + self.read_noise_e**2 + self.gain_e_per_adu**2 / 12
        skewness2 = lambda_e**2 / variance**3
        gaussian = 0.5 * np.log(2 * math.pi * math.e * variance / self.gain_e_per_adu**2)
        result: Floats = gaussian - skewness2 / 12
        return result

    def _exact_cdf(self, lambda_e: Floats, edges: Floats) -> Floats:
        from scipy.special import gammaln, ndtr, xlogy

        # no read noise is the limit of very little
        sigma_adu = max(self.read_noise_e / self.gain_e_per_adu, 1e-9)
        result = np.empty((lambda_e.size, edges.size))
        for start in range(0, lambda_e.size, _LIGHTS_AT_ONCE):
            some = lambda_e[start : start + _LIGHTS_AT_ONCE]
            darkest, brightest = float(some.min()), float(some.max())
            fewest = max(0, math.floor(darkest - 9 * math.sqrt(darkest) - 12))
            k = np.arange(fewest, math.ceil(brightest + 9 * math.sqrt(brightest) + 12))
            weight = np.exp(xlogy(k, some[:, None]) - some[:, None] - gammaln(k + 1.0))
            mean_adu = k / self.gain_e_per_adu + self.offset_adu
            z = (edges - mean_adu[:, None]) / sigma_adu
            below = np.where(z > 0, 1.0, 0.0)
            unsure = (z > _SURELY_BELOW) & (z < _SURELY_ABOVE)
            below[unsure] = ndtr(z[unsure])
            result[start : start + _LIGHTS_AT_ONCE] = weight @ below
        return result

    def _smooth_cdf(self, lambda_e: Floats, edges: Floats) -> Floats:
        from scipy.special import ndtr

        variance_e2 = (lambda_e + self.read_noise_e**2)[:, None]
        z = ((edges - self.offset_adu) * self.gain_e_per_adu - lambda_e[:, None]) / np.sqrt(
            variance_e2
        )
        skewness = lambda_e[:, None] / variance_e2**1.5
        density = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
        result: Floats = ndtr(z) - skewness / 6 * (z**2 - 1) * density
        return result
