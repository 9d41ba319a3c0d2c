"""Whole frames in units of the noise, and what their inner products tell of their covariance.

t : the noise's variance-stabilising transform (`hil.noise.anscombe`)
Z : (n, D) t of frames, each value less its mean in units of its noise      K = Z Z^T

Everything that few frames of many values say of their covariance is in K: directions are sums of
frames, and are never formed. Noise that grows with the light is the same at all lights in t; in the
frames' own numbers a Gaussian of the mean light's noise tells up to 0.2 bit per pixel too little
where objects differ in brightness.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.densities.low_rank.spectrum import PopulationSpectrum, spectrum
from hil.information.sample.sample import Sample
from hil.noise.anscombe import variance_of_counts

FIELDS_AT_ONCE = 500  # the cost grows with the cube of their number
_RARELY = 10  # fields of those, that a value must be another in
_VALUES_AT_ONCE = 2**22
_LEVELS = 65  # of light, at which the noise model is asked, and of more light than there is
_LIT_ADU, _FAR_ADU = 1e3, 1e6  # beyond an offset, and below all of them
_LEAST_STEP = 1e-9  # between levels that are one
_LEAST_LIGHT = 1e-6  # counts, and variance of t: where no pixel ever saw one
_SIGMAS, _MOST_SPREAD, _NODES = 2.0, 4.0, 5  # of light, over its mean squared
_HALF_A_CODE, _SMALL = 0.5, 1e-3  # about a code; of the noise, where numbers are real


@dataclass(frozen=True)
class NoiseUnits:
    """Mean and noise of each value of a frame, (D,): of one channel after the other.

    Parameters
    ----------
    mean, sd
        What t of a frame is less, and divided by.
    log_step_nats
        (F, R) mean over values of ln dt/dy: what densities of t have to be multiplied by.
    uneven_nats
        Of a value, by which noise of its mean variance has more entropy than noise has on average.
    n_varying
        Values that are not the same in nearly all frames. Others, that saw a count once or never,
        have an infinite ``sd``: what a logarithm of so few is, is chance.
    """

    mean: Floats
    sd: Floats
    log_step_nats: Floats
    uneven_nats: float
    n_varying: int

    @property
    def log_sd_nats(self) -> float:
        """Mean of ln sd over values; 0 of those that hardly vary."""
        return float(np.log(self.sd, where=np.isfinite(self.sd), out=np.zeros(len(self.sd))).mean())


def noise_units(sample: Sample) -> NoiseUnits:
    """Ask the noise model about each value's mean over all frames."""
    means, noises, varying = [], [], []
    steps = np.zeros((sample.n_fields, sample.n_repeats))
    for one in sample.by_channel():
        assert one.noise is not None
        half = _HALF_A_CODE if one.discrete else _SMALL * math.sqrt(one.noise_variance_adu2)
        for part in _parts(one):
            y = part.astype(np.float64)
            means.append(_stable(one, y).mean(axis=(0, 1)))
            others = (y != np.median(y, axis=(0, 1))).sum(axis=0)
            varies = others.min(axis=0) >= _RARELY * -(-one.n_fields // FIELDS_AT_ONCE)
            varying.append(varies)
            noises.append(np.where(varies, _noise_of_t(one, y), [[1.0], [0.0]]))
            ends = _stable(one, y + half) - _stable(one, y - half)
            steps += np.log(ends / (2 * half)).sum(axis=2)
    mean = np.concatenate(means)
    variance, log_variance = np.concatenate(noises, axis=1)
    uneven = 0.5 * float((np.log(variance) - log_variance).mean())
    varies = np.concatenate(varying)
    sd = np.where(varies, np.sqrt(variance), np.inf)
    return NoiseUnits(mean, sd, steps / mean.size, uneven, int(np.count_nonzero(varies)))


def inner_products(sample: Sample, units: NoiseUnits, repeat: int) -> Floats:
    """K of one repeat of all fields, (F, F)."""
    products = np.zeros((sample.n_fields, sample.n_fields))
    start = 0
    for one in sample.by_channel():
        for whole in _parts(one):
            part = _stable(one, whole[:, repeat].astype(np.float64))
            values = slice(start, start + part.shape[1])
            part -= units.mean[values]
            part /= units.sd[values]
            products += part @ part.T
            start += part.shape[1]
    return products


def _parts(one: Sample) -> Iterator[NDArray[Any]]:
    """(F, R, n) all patches of a frame in a row, as they were measured, some values at a time."""
    frames = one.raw_patches.reshape(one.n_fields, one.n_repeats, -1)
    step = max(1, _VALUES_AT_ONCE // (one.n_fields * one.n_repeats))
    return (frames[:, :, i : i + step] for i in range(0, frames.shape[2], step))


def _stable(one: Sample, y_adu: Floats) -> Floats:
    assert one.noise is not None
    return one.noise.stabilised(y_adu, one.discrete)


def _noise_of_t(one: Sample, y_adu: Floats) -> Floats:
    """(2, n) mean variance, and mean ln of it, of t's noise at values (F, R, n).

    Both are of 1 and 0 but where there are few photons; there the light of different frames counts
    as spread log-normally, as far as it surely varies.
    """
    assert one.noise is not None
    mean = y_adu.mean(axis=(0, 1))
    levels = np.linspace(mean.min(), mean.max(), _LEVELS)
    levels = np.append(levels, levels[-1] + np.linspace(0, _LIT_ADU, _LEVELS)[1:])
    variance = np.array([one.noise.mean_variance_adu2(float(x), one.discrete) for x in levels])
    slopes = np.diff(variance) / np.maximum(np.diff(levels), _LEAST_STEP)
    slope = float(slopes.max())  # an offset lies within one step, whose slope is less
    if slope <= 0:
        return np.stack([np.ones(mean.size), np.zeros(mean.size)])
    dark = one.noise.mean_variance_adu2(-_FAR_ADU, one.discrete)
    own = np.interp(mean, levels, variance)  # linear in the light
    light = np.maximum((own - dark) / slope**2, _LEAST_LIGHT)
    chance = 1 + _SIGMAS * math.sqrt(2 / (y_adu.shape[0] * y_adu.shape[1]))
    surely = np.maximum(y_adu.var(axis=(0, 1)) - chance * own, 0.0) / slope**2
    spread = np.sqrt(np.log1p(np.minimum(surely / light**2, _MOST_SPREAD)))
    at, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    lights = light * np.exp(spread * at[:, None] - spread**2 / 2)
    found = variance_of_counts(lights.ravel(), dark / slope**2).reshape(lights.shape)
    found = np.maximum(found, _LEAST_LIGHT)
    share = weights / weights.sum()
    return np.stack([share @ found, share @ np.log(found)])


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
