"""Was the patch large enough, were there fields enough? The bound against either.

A larger patch sees more of the correlation, so that its bound is lower until there is no more to
see. With more fields the bound (held-out) and the in-sample value close in on each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from hil.errors import InputError
from hil.information.estimate import estimate_information
from hil.information.noise_model import NoiseModel


@dataclass(frozen=True, slots=True)
class SufficiencyPoint:
    """One point of the plot.

    Parameters
    ----------
    patch_size, n_fields
        What the estimate was made with.
    bits_per_pixel, ci_low, ci_high
        Point estimate and its interval.
    held_out_bits, in_sample_bits
        The bound, and its optimistic opposite.
    """

    patch_size: int
    n_fields: int
    bits_per_pixel: float
    ci_low: float
    ci_high: float
    held_out_bits: float
    in_sample_bits: float


def against_patch_size(
    frames: ArrayLike,
    noise: NoiseModel,
    estimator: str = "stationary",
    patch_sizes: Sequence[int] = (4, 6, 8, 12, 16, 24),
    seed: int = 0,
) -> list[SufficiencyPoint]:
    """Estimate with each patch size that fits into the frames."""
    array = np.asarray(frames)
    fitting = [p for p in patch_sizes if p <= min(array.shape[-2:])]
    if not fitting:
        raise InputError("patch_sizes", "", f"{tuple(patch_sizes)} are all larger than the frames")
    return [_point(array, noise, estimator, p, seed) for p in fitting]


def against_fields(
    frames: ArrayLike,
    noise: NoiseModel,
    estimator: str = "stationary",
    patch_size: int = 16,
    counts: Sequence[int] | None = None,
    seed: int = 0,
) -> list[SufficiencyPoint]:
    """Estimate from growing numbers of fields, drawn at random, each set holding the last.

    Parameters
    ----------
    counts
        How many fields; None doubles from 2 to all.
    """
    array = np.asarray(frames)
    n = array.shape[0]
    if counts is None:
        counts = sorted({min(n, 2**k) for k in range(1, 2 + n.bit_length())})
    order = np.random.default_rng(seed).permutation(n)
    return [_point(array[order[:k]], noise, estimator, patch_size, seed) for k in counts]


def _point(
    frames: ArrayLike, noise: NoiseModel, estimator: str, patch_size: int, seed: int
) -> SufficiencyPoint:
    found = estimate_information(frames, noise, estimator, patch_size, seed=seed)
    return SufficiencyPoint(
        patch_size,
        found.n_units,
        found.bits_per_pixel,
        found.ci_low,
        found.ci_high,
        found.details["held_out_bits"],
        found.details["in_sample_bits"],
    )
