"""The noise of several channels as the kernel of a mixture: each channel has its own.

Given the scene channels are independent: ln p of a patch is the sum of theirs, and so are products
of features and coefficients, laid side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drivers.types import Floats
from hil.information.densities.mixture.noise_kernel import (
    NoiseKernel,
    noise_kernel,
    stabilised,
    variance_line,
)
from hil.information.sample.sample import Sample


@dataclass(frozen=True)
class ChannelKernel:
    """`NoiseKernel` of patches whose channels lie one after the other.

    Parameters
    ----------
    kernels
        One a channel.
    """

    kernels: Sequence[NoiseKernel]

    def features(self, y: Floats) -> Floats:
        """See `NoiseKernel`."""
        parts = zip(self.kernels, self._split(y), strict=True)
        return np.concatenate([kernel.features(part) for kernel, part in parts], axis=1)

    def coefficients(self, mu: Floats) -> tuple[Floats, Floats]:
        """See `NoiseKernel`."""
        parts = zip(self.kernels, self._split(mu), strict=True)
        weights, constants = zip(
            *(kernel.coefficients(part) for kernel, part in parts), strict=True
        )
        return np.concatenate(weights, axis=1), np.sum(constants, axis=0)

    def base(self, y: Floats) -> Floats:
        """See `NoiseKernel`."""
        parts = zip(self.kernels, self._split(y), strict=True)
        result: Floats = np.sum([kernel.base(part) for kernel, part in parts], axis=0)
        return result

    def exact(self, y: Floats, mu: Floats) -> Floats | None:
        """See `NoiseKernel`."""
        parts = list(zip(self.kernels, self._split(y), self._split(mu), strict=True))
        found = [kernel.exact(own, means) for kernel, own, means in parts]
        if all(one is None for one in found):
            return None
        result: Floats = np.sum(
            [
                _by_features(*part) if one is None else one
                for one, part in zip(found, parts, strict=True)
            ],
            axis=0,
        )
        return result

    def _split(self, values: Floats) -> list[Floats]:
        return np.split(values, len(self.kernels), axis=-1)


@dataclass(frozen=True, slots=True)
class VarianceLines:
    """Variance of the noise at a mean mu, a + b mu in each channel, ADU^2.

    Parameters
    ----------
    lines
        a and b of each channel.
    """

    lines: tuple[tuple[float, float], ...]

    def variance(self, mu: Floats) -> Floats:
        """(..., d) variance at means (..., d)."""
        parts = zip(self.lines, np.split(mu, len(self.lines), axis=-1), strict=True)
        return np.concatenate([a + b * part for (a, b), part in parts], axis=-1)

    def stabilised(self, y: Floats) -> Floats:
        """(..., d) values in units of their noise, about."""
        parts = zip(self.lines, np.split(y, len(self.lines), axis=-1), strict=True)
        return np.concatenate([stabilised(part, *line) for line, part in parts], axis=-1)


def sample_kernel(sample: Sample) -> NoiseKernel:
    """Find the kernel of the sample's noise."""
    if sample.n_channels == 1:
        return noise_kernel(sample)
    return ChannelKernel([noise_kernel(one) for one in sample.by_channel()])


def variance_lines(sample: Sample) -> VarianceLines:
    """Find how the noise's variance grows with the signal in each channel."""
    return VarianceLines(tuple(variance_line(one) for one in sample.by_channel()))


def _by_features(kernel: NoiseKernel, y: Floats, mu: Floats) -> Floats:
    """(n, k) ln p of each patch (n, d) under its own k means (n, k, d)."""
    n, k, d = mu.shape
    weights, constants = kernel.coefficients(mu.reshape(n * k, d))
    joint = np.einsum("nf,nkf->nk", kernel.features(y), weights.reshape(n, k, -1))
    result: Floats = joint + constants.reshape(n, k) + kernel.base(y)[:, None]
    return result
