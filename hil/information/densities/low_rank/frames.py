"""Whole frames in units of the noise, and what their inner products tell of their covariance.

Z : (n, D) frames, each value less its mean in units of its noise      K = Z Z^T

Everything that few frames of many values say of their covariance is in K: directions are sums of
frames, and are never formed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.low_rank.spectrum import PopulationSpectrum, spectrum
from hil.information.sample.sample import Sample

_VALUES_AT_ONCE = 2**22
_LEVELS = 65  # of light, at which the noise model is asked


@dataclass(frozen=True)
class NoiseUnits:
    """Mean and noise of each value of a frame, (D,): of one channel after the other.

    Parameters
    ----------
    mean_adu, sd_adu
        What a frame is less, and divided by.
    """

    mean_adu: Floats
    sd_adu: Floats

    @property
    def log_sd_nats(self) -> float:
        """Mean of ln sd over values."""
        return float(np.log(self.sd_adu).mean())


def noise_units(sample: Sample) -> NoiseUnits:
    """Ask the noise model about each value's mean over all frames."""
    means, deviations = [], []
    for one in sample.by_channel():
        assert one.noise is not None
        about = _by_frame(one).mean(axis=(0, 1), dtype=np.float64)
        mean = about + one.mean_adu
        levels = np.linspace(mean.min(), mean.max(), _LEVELS)
        variance = [one.noise.mean_variance_adu2(float(x), one.discrete) for x in levels]
        own = np.interp(mean, levels, variance)
        means.append(about)
        deviations.append(np.sqrt(np.maximum(own, np.finfo(np.float32).tiny)))
    return NoiseUnits(np.concatenate(means), np.concatenate(deviations))


def inner_products(sample: Sample, units: NoiseUnits, repeat: int) -> Floats:
    """K of one repeat of all fields, (F, F)."""
    products = np.zeros((sample.n_fields, sample.n_fields))
    start = 0
    for one in sample.by_channel():
        frames = _by_frame(one)[:, repeat]
        step = max(1, _VALUES_AT_ONCE // sample.n_fields)
        for first in range(0, frames.shape[1], step):
            part = frames[:, first : first + step].astype(np.float64)
            values = slice(start + first, start + first + part.shape[1])
            part -= units.mean_adu[values]
            part /= units.sd_adu[values]
            products += part @ part.T
        start += frames.shape[1]
    return products


def _by_frame(one: Sample) -> NDArray[np.float32]:
    """(F, R, D) all patches of a frame in a row."""
    patches: NDArray[np.float32] = one.patches
    return patches.reshape(one.n_fields, one.n_repeats, -1)


@dataclass(frozen=True)
class Directions:
    """What some frames say of the covariance, and where others lie in it.

    Parameters
    ----------
    products
        K of all frames.
    members
        Indices of those that are known.
    values
        D.
    """

    products: Floats
    members: NDArray[np.intp]
    values: int

    @cached_property
    def _eigen(self) -> tuple[Floats, Floats]:
        """Eigenvalues, falling, of the members' covariance; their eigenvectors over the members."""
        own = self.products[np.ix_(self.members, self.members)]
        centred = own - own.mean(axis=0) - own.mean(axis=1)[:, None] + own.mean()
        values, vectors = np.linalg.eigh(centred / self.degrees)
        return np.maximum(values[::-1], 0.0), vectors[:, ::-1]

    @property
    def degrees(self) -> int:
        """Frames less the one that their mean takes."""
        return len(self.members) - 1

    @cached_property
    def spectrum(self) -> PopulationSpectrum:
        """Of the members."""
        return spectrum(self._eigen[0], self.values, self.degrees)

    def scores(self, others: NDArray[np.intp], r: int) -> Floats:
        """(n, r) coordinates of others along the first directions, about the members' mean."""
        values, vectors = self._eigen[0][:r], self._eigen[1][:, :r]
        scores: Floats = self._about_mean(others) @ vectors / np.sqrt(self.degrees * values)
        return scores

    def _about_mean(self, others: NDArray[np.intp]) -> Floats:
        """(n, members) inner products of both less the members' mean."""
        own = self.products[np.ix_(self.members, self.members)]
        cross = self.products[np.ix_(others, self.members)]
        about: Floats = cross - cross.mean(axis=1)[:, None] - own.mean(axis=0) + own.mean()
        return about

    def nats(self, others: NDArray[np.intp]) -> Floats:
        """(n,) -ln of the density of other frames, in units of the noise, nats a frame."""
        found, d, n = self.spectrum, self.values, len(self.members)
        own = self.products[np.ix_(self.members, self.members)]
        cross = self.products[np.ix_(others, self.members)]
        length2 = self.products[others, others] - 2 * cross.mean(axis=1) + own.mean()
        once_more = 1 + 1 / n  # the mean is known from n frames
        variance = found.level + (found.spikes - found.level) * found.cosines2
        variance, level = once_more * variance, once_more * found.level
        scores2 = self.scores(others, len(found.spikes)) ** 2
        distance = (length2 - scores2.sum(axis=1)) / level + (scores2 / variance).sum(axis=1)
        log_det = float(np.log(variance).sum()) + (d - len(found.spikes)) * np.log(level)
        result: Floats = 0.5 * (distance + log_det + d * np.log(2 * np.pi))
        return result
