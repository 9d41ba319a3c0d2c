"""Bounds from the distances between pairs of scenes (Kolchinsky and Tracey, Entropy 2017).

t_i : mean over R repeats of scene i, in units of one repeat's noise (variance-stabilised), (d,)
x_i : the same without noise     D_ij = |x_i - x_j|^2 / 2, the KL divergence of their measurements
w_c : exp(-c D_ij)               c = 1 : KL.   c = a (1 - a) <= 1/4 : Chernoff's, Bhattacharyya's

    -mean_i ln [(1 + sum_j w_c) / (n + 1)] <= I <= -mean_i ln [sum_j w_1 / n],   j not i, n of them

Scenes are unknown, and an exponential of a noisy distance is far off. Of the other scene's noise it
is freed exactly: t_j given x_j is Gaussian with variance 1/R, and with s = c / (1 - c/R)

    E[(1 + s/R)^(d/2) exp(-s |t_i - t_j|^2 / 2)] = exp(-c |t_i - x_j|^2 / 2),   R > c.

Scene i's own noise e stands outside the logarithm: -ln sum_j exp(-c |x_i + e - x_j|^2 / 2) holds
c |e|^2 / 2, c d / 2R in the mean, which is taken off. What e does to the balance between several
scenes j lowers the result (Jensen), and not where scenes are apart.

The scatter of the corrected exponential grows with d and falls with R. For c < 1/4 the lower bound
holds as well, only less tight: the largest c is taken whose scatter is moderate. The upper one
needs c = 1; where that scatters too much, with few repeats, a kernel density of the other scenes'
means, widened by their noise, takes its place: a cross-entropy, so an upper bound too. Logarithms
of means are off by half their relative variance, which is stated, and taken from the lower bound.

Pairs come from different fields of view. Both bounds end at ln n per patch: small patches, many
scenes. Poisson and camera noise go through Anscombe's transform, for which Bhattacharyya's distance
is exact and KL right for scenes close enough to be confused.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.errors import InputError
from hil.information.conditional_entropy import conditional_nats
from hil.information.densities.mixture.pair_bound import repeat_bound_nats
from hil.information.registry import CrossEntropy
from hil.information.sample.sample import Sample

_REFERENCES = 4096  # scenes that all are compared with
_CHUNK = 1024  # scenes compared at once
_SCATTER_LOWER, _SCATTER_UPPER = 1.0, 4.0  # ln E[w^2]/E[w]^2 of one pair that is still averaged out
_SATURATED_NATS = 1.0  # from ln n


class Pairwise:
    """See the module."""

    needed_patches = 16

    def cross_entropy(self, sample: Sample) -> CrossEntropy:
        """See `PatchEstimator`: the upper bound, as the entropy that it implies."""
        if any(one.noise is None for one in sample.by_channel()):
            raise InputError("noise", "", "pairwise needs a noise model")
        d, repeats = sample.values_per_patch, sample.n_repeats
        places = sample.raw_patches.shape[1] // repeats
        scenes = _stabilised_means(sample).reshape(-1, d)
        field = np.repeat(np.arange(sample.n_fields), places)
        scenes = (scenes - scenes.mean(axis=0)).astype(np.float32)
        rng = np.random.default_rng(sample.seed)
        references = np.sort(rng.permutation(len(scenes))[:_REFERENCES])

        lower_c, upper_scatter = _largest_c(d, repeats), _log_scatter(1.0, d, repeats)
        lower = _corrected(lower_c, d, repeats)
        exact = upper_scatter <= _SCATTER_UPPER
        upper = _corrected(1.0, d, repeats) if exact else _kernel(d, repeats)
        sums = _compare(scenes, field, references, (lower.rate, upper.rate))
        low, low_bias = _lower_nats(sums[0], lower)
        high, high_bias = _upper_nats(sums[1], upper)
        saturated = float(low.mean()) > math.log(len(references)) - _SATURATED_NATS
        per_pixel = 1 / (d * math.log(2))
        details = {
            "lower_bits": float(low.mean()) * per_pixel,
            "upper_bits": float(high.mean()) * per_pixel,
            "lower_bias_bits": low_bias * per_pixel,
            "upper_bias_bits": high_bias * per_pixel,
            "chernoff": lower_c,
            "upper_from": "divergences" if exact else "kernel density",
            "n_scenes": len(scenes),
        }
        if repeats > 1:
            two = _stabilised_pairs(sample)
            bound = repeat_bound_nats(two, rng)
            details["repeats_lower_bits"] = bound * per_pixel
        noise, _ = conditional_nats(sample)
        upper_nats = np.tile(high.reshape(sample.n_fields, places), (1, repeats)) / d
        flags = ("pairs_saturated",) if saturated else ()
        return CrossEntropy(noise + upper_nats, noise + upper_nats, 1.0, details, flags=flags)


def _stabilised_means(sample: Sample) -> Floats:
    """(F, T, d) means over repeats in units of one repeat's noise, channel by channel."""
    parts = []
    for one in sample.by_channel():
        assert one.noise is not None  # checked before
        mean = _by_repeat(one).mean(axis=1)
        parts.append(one.noise.stabilised(mean, one.discrete, one.n_repeats))
    return np.concatenate(parts, axis=2)


def _stabilised_pairs(sample: Sample) -> Floats:
    """(F, 2, T, d) the first two repeats in units of their noise."""
    parts = []
    for one in sample.by_channel():
        assert one.noise is not None  # checked before
        parts.append(one.noise.stabilised(_by_repeat(one)[:, :2], one.discrete))
    return np.concatenate(parts, axis=3)


def _by_repeat(sample: Sample) -> NDArray[Any]:
    """(F, R, T, p p) patches of one channel."""
    shape = (sample.n_fields, sample.n_repeats, -1, sample.patch_size**2)
    return sample.raw_patches.reshape(shape)


@dataclass(frozen=True, slots=True)
class _Weight:
    """ln w = constant - rate |t_i - t_j|^2 / 2."""

    rate: float
    constant: float


def _corrected(c: float, d: int, repeats: int) -> _Weight:
    """Weights whose mean over the noise of j is exp(-c D), but for what i's own noise adds."""
    rate = c / (1 - c / repeats)
    return _Weight(rate, d / 2 * math.log1p(rate / repeats) + c * d / (2 * repeats))


def _kernel(d: int, repeats: int) -> _Weight:
    """Weights whose log-mean is a cross-entropy of one repeat, less that of its noise.

    ln N(y; t_j, 1 + 1/R) for a repeat y of scene i, whose own noise is averaged over: |y - t_j|^2 =
    |t_i - t_j|^2 + (1 - 1/R) d, in the mean.
    """
    variance = 1 + 1 / repeats
    within = d * (1 - 1 / repeats) / (2 * variance)
    return _Weight(1 / variance, d / 2 * (1 - math.log(variance)) - within)


def _log_scatter(c: float, d: int, repeats: int) -> float:
    """Give ln E[w^2]/E[w]^2 over the noise of j, i at its place; infinite where w has no mean."""
    if repeats <= c:
        return math.inf
    rate = c / (1 - c / repeats)
    return d * (math.log1p(rate / repeats) - 0.5 * math.log1p(2 * rate / repeats))


def _largest_c(d: int, repeats: int) -> float:
    low, high = 0.0, 0.25
    if _log_scatter(high, d, repeats) <= _SCATTER_LOWER:
        return high
    for _ in range(30):
        middle = (low + high) / 2
        if _log_scatter(middle, d, repeats) <= _SCATTER_LOWER:
            low = middle
        else:
            high = middle
    return low


@dataclass(frozen=True, slots=True)
class _Sums:
    """Over references j of other fields: ln sum w, ln sum w^2 (constants left out), how many."""

    log_sum: Floats
    log_squares: Floats
    n: Floats


def _compare(
    scenes: NDArray[np.float32],
    field: NDArray[np.intp],
    references: NDArray[np.intp],
    rates: tuple[float, ...],
) -> list[_Sums]:
    others, other_field = scenes[references], field[references]
    square = np.einsum("nd,nd->n", others, others)
    parts: list[list[tuple[Floats, Floats, Floats]]] = [[] for _ in rates]
    for first in range(0, len(scenes), _CHUNK):
        own = scenes[first : first + _CHUNK]
        distance = own @ others.T
        distance *= -2
        distance += square
        distance += np.einsum("nd,nd->n", own, own)[:, None]
        same = field[first : first + _CHUNK, None] == other_field
        distance[same] = np.inf
        n = np.count_nonzero(~same, axis=1).astype(np.float64)
        nearest = distance.min(axis=1, keepdims=True)
        nearest = np.where(np.isfinite(nearest), nearest, 0)
        distance -= nearest
        for rate, part in zip(rates, parts, strict=True):
            weight = np.exp(np.float32(-rate / 2) * distance)
            sums = weight.sum(axis=1, dtype=np.float64)
            squares = np.einsum("nm,nm->n", weight, weight).astype(np.float64)
            shift = -rate / 2 * nearest[:, 0].astype(np.float64)
            part.append((np.log(sums) + shift, np.log(squares) + 2 * shift, n))
    return [
        _Sums(*(np.concatenate(column) for column in zip(*part, strict=True))) for part in parts
    ]


def _lower_nats(sums: _Sums, weight: _Weight) -> tuple[Floats, float]:
    """Per scene, and half the relative variance of the mean, which is taken off."""
    total = np.logaddexp(0.0, sums.log_sum + weight.constant)
    spread = np.exp(np.minimum(sums.log_squares + 2 * weight.constant - 2 * total, 0.0)) / 2
    return np.log(sums.n + 1) - total - spread, float(spread.mean())


def _upper_nats(sums: _Sums, weight: _Weight) -> tuple[Floats, float]:
    spread = np.exp(np.minimum(sums.log_squares - 2 * sums.log_sum, 0.0)) / 2
    return np.log(sums.n) - sums.log_sum - weight.constant, float(spread.mean())


ESTIMATOR = Pairwise()
