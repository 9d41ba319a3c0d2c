"""Noise that differs from pixel to pixel: which distribution of its channel's noise a pixel has.

tau^2 : variance of a pixel's own noise over that of all pixels, at a level of the signal

The coordinate u is the one in which the noise of all pixels together has a width of 1. A prediction
has the variance s^2 of the signal and that noise; of a pixel whose noise is another, it is
s^2 - 1 + tau^2. Levels divide the range of the codes of a channel evenly in u.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.predictive.cells import Cells, ChannelCells, Singles
from hil.noise.corrected import CorrectedNoise
from hil.noise.model import NoiseModel

Integers = NDArray[np.intp]
Kinds = NDArray[np.uint8]

N_LEVELS = 40
_LEAST_VARIANCE = 0.02


@dataclass(frozen=True)
class OwnNoise:
    """See the module.

    Parameters
    ----------
    ratio
        (K, C N_LEVELS) tau^2 of each kind of pixel.
    darkest, per_level
        (d,) u of the lower end of the codes, and levels to a unit of u.
    first
        (d,) number of the first level of each value's channel.
    """

    ratio: Singles
    darkest: Singles
    per_level: Singles
    first: Integers

    @classmethod
    def of(cls, cells: Cells, noises: list[NoiseModel | None], d: int) -> OwnNoise:
        """Tabulate it for patches of ``d`` values, from the noise of each channel."""
        n = len(cells.channels)
        kinds = max(map(n_kinds, noises))
        ratio = np.ones((kinds, n, N_LEVELS))
        for c, (channel, noise) in enumerate(zip(cells.channels, noises, strict=True)):
            if isinstance(noise, CorrectedNoise):
                own = _ratios(channel, noise)
                ratio[: len(own), c] = own
        ends = np.array([one.edges[[0, -1]] for one in cells.channels])
        span = np.maximum(ends[:, 1] - ends[:, 0], 1e-6)
        each = d // n
        return cls(
            ratio.reshape(kinds, -1).astype(np.float32),
            np.repeat(ends[:, 0], each).astype(np.float32),
            np.repeat(N_LEVELS / span, each).astype(np.float32),
            np.repeat(np.arange(n) * N_LEVELS, each),
        )

    def level(self, value: Singles) -> Integers:
        """Level of values (n, d), counted on from channel to channel."""
        at = (value - self.darkest) * self.per_level
        level: Integers = np.clip(at, 0, N_LEVELS - 1).astype(np.intp)
        level += self.first
        return level

    def deviation(self, sd: Singles, value: Singles, kinds: Kinds | None) -> Singles:
        """Deviation of predictions ``value`` (n, d), for pixels of their own noise."""
        if kinds is None or len(self.ratio) == 1:
            return sd
        variance = self.ratio[kinds, self.level(value)]
        variance += sd * sd - np.float32(1)
        result: Singles = np.sqrt(np.maximum(variance, np.float32(_LEAST_VARIANCE)))
        return result


def n_kinds(noise: NoiseModel | None) -> int:
    """How many distributions of pixels a noise model has."""
    known = isinstance(noise, CorrectedNoise) and noise.kinds is not None
    return len(noise.distributions) if known and isinstance(noise, CorrectedNoise) else 1


def _ratios(cells: ChannelCells, noise: CorrectedNoise) -> Floats:
    coding = cells.coding
    u = np.linspace(cells.edges[0], cells.edges[-1], N_LEVELS)
    code = np.interp(u, cells.edges, np.arange(coding.n_codes + 1) - 0.5)
    z = coding.lowest_adu + coding.step_adu * code
    typical = np.array([noise.mean_variance_adu2(float(at), True) for at in z])
    distributions = noise.distributions if noise.kinds is not None else []
    own = [
        np.maximum(z - distribution.offset_adu, 0.0) / distribution.gain_e_per_adu
        + (distribution.read_noise_e / distribution.gain_e_per_adu) ** 2
        + 1 / 12
        for distribution in distributions
    ]
    return np.stack(own) / np.maximum(typical, math.ulp(1.0)) if own else np.ones((1, N_LEVELS))
