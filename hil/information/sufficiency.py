"""Was the patch large enough, were there fields enough? The bound against either.

A larger patch sees more of the correlation, so that its value is lower until there is no more to
see. With more fields the bound (held-out) and the in-sample value close in on each other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from hil.errors import InputError
from hil.information.estimate import estimate_information
from hil.information.registry import PatchEstimator
from hil.information.sample.prepare import Noise
from hil.records.estimate import Estimate

_LARGEST_PATCH = 64


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

    @classmethod
    def of(cls, found: Estimate, patch_size: int, n_fields: int) -> SufficiencyPoint:
        """Take what a plot needs from an estimate."""
        return cls(
            patch_size,
            n_fields,
            found.bits_per_pixel,
            found.ci_low,
            found.ci_high,
            found.details["held_out_bits"],
            found.details["in_sample_bits"],
        )

    @property
    def half_width(self) -> float:
        """Half the interval's length, bits per pixel; NaN where there is none."""
        return (self.ci_high - self.ci_low) / 2


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether there was enough of something.

    Parameters
    ----------
    what
        ``"patch size"`` or ``"fields"``.
    enough
        Whether what another doubling changes lies within the interval; None where it cannot be
        told.
    fall_bits
        How much the value falls with each doubling, bits per pixel; NaN where it cannot be told.
    sentence
        The same in words.
    """

    what: str
    enough: bool | None
    fall_bits: float
    sentence: str


@dataclass(frozen=True, slots=True)
class Sufficiency:
    """The two curves, and what they say.

    Parameters
    ----------
    by_patch_size, by_fields
        Points of the curves; empty where nothing could be estimated.
    patch_size, fields
        The verdicts.
    """

    by_patch_size: tuple[SufficiencyPoint, ...]
    by_fields: tuple[SufficiencyPoint, ...]
    patch_size: Verdict
    fields: Verdict


def judge(
    frames: ArrayLike,
    noise: Noise,
    estimator: str | PatchEstimator | None = None,
    patch_size: int = 16,
    seed: int = 0,
    *,
    whole: SufficiencyPoint | None = None,
    **options: Any,
) -> Sufficiency:
    """Estimate around ``patch_size`` and from fewer fields, and judge both.

    Parameters
    ----------
    whole
        The estimate of all fields, where ``frames`` are some of them.
    options
        Further arguments of `estimate_information`.
    """
    array = np.asarray(frames)
    sizes = patch_sizes_around(patch_size, *array.shape[-2:])
    by_patch = against_patch_size(array, noise, estimator, sizes, seed, **options)
    by_fields = against_fields(array, noise, estimator, patch_size, seed=seed, **options)
    if whole is not None and whole.n_fields > by_fields[-1].n_fields:
        by_fields.append(whole)
    return Sufficiency(
        tuple(by_patch),
        tuple(by_fields),
        judge_patch_size(by_patch, patch_size),
        judge_fields(by_fields),
    )


def patch_sizes_around(patch_size: int, height: int, width: int) -> tuple[int, ...]:
    """Patch sizes that show whether ``patch_size`` is enough: from a quarter of it to 1.5 times."""
    largest = min(height, width, _LARGEST_PATCH)
    wanted = {max(2, round(patch_size * share)) for share in (0.25, 0.5, 0.75, 1.0, 1.5)}
    return tuple(sorted(p for p in wanted if p <= largest))


def against_patch_size(
    frames: ArrayLike,
    noise: Noise,
    estimator: str | PatchEstimator | None = None,
    patch_sizes: Sequence[int] = (4, 6, 8, 12, 16, 24),
    seed: int = 0,
    **options: Any,
) -> list[SufficiencyPoint]:
    """Estimate with each patch size that fits into the frames and leaves patches enough.

    Parameters
    ----------
    options
        Further arguments of `estimate_information`.

    Raises
    ------
    InputError
        Where no patch size does.
    """
    array = np.asarray(frames)
    fitting = [p for p in patch_sizes if p <= min(array.shape[-2:])]
    if not fitting:
        raise InputError("patch_sizes", "", f"{tuple(patch_sizes)} are all larger than the frames")
    return _points([(array, p) for p in fitting], noise, estimator, seed, options, len(array))


def against_fields(
    frames: ArrayLike,
    noise: Noise,
    estimator: str | PatchEstimator | None = None,
    patch_size: int = 16,
    counts: Sequence[int] | None = None,
    seed: int = 0,
    **options: Any,
) -> list[SufficiencyPoint]:
    """Estimate from growing numbers of fields, drawn at random, each set holding the last.

    Numbers that leave the estimator too few patches are left out.

    Parameters
    ----------
    counts
        How many fields; None doubles from 2 to all.
    options
        Further arguments of `estimate_information`.

    Raises
    ------
    InputError
        Where even all fields are too few.
    """
    array = np.asarray(frames)
    n = array.shape[0]
    if counts is None:
        counts = sorted({min(n, 2**k) for k in range(1, 2 + n.bit_length())})
    order = np.random.default_rng(seed).permutation(n)
    sets = [(array[np.sort(order[:k])], patch_size) for k in counts]
    return _points(sets, noise, estimator, seed, options, n)


def judge_patch_size(points: Sequence[SufficiencyPoint], patch_size: int) -> Verdict:
    """Say whether ``patch_size`` was large enough, from `against_patch_size`.

    Larger patches are compared with it where there are any, else it with the next smaller one.
    """
    own = next((point for point in points if point.patch_size == patch_size), None)
    larger = [point for point in points if point.patch_size > patch_size]
    smaller = [point for point in points if point.patch_size < patch_size]
    if own is None or not (larger or smaller):
        return _unknown("patch size", f"no other size than {patch_size} can be estimated")
    first, last = (own, larger[-1]) if larger else (smaller[-1], own)
    doublings = math.log2(last.patch_size / first.patch_size)
    fall = (first.bits_per_pixel - last.bits_per_pixel) / doublings
    between = f"{first.patch_size} to {last.patch_size} pixels"
    own_words = f"{patch_size} pixels are"
    return _judge("patch size", own_words, "the value", fall, between, own.half_width)


def judge_fields(points: Sequence[SufficiencyPoint]) -> Verdict:
    """Say whether there were fields enough, from `against_fields`, by whether the bound falls."""
    last = points[-1]
    if len(points) < 2:
        return _unknown("fields", f"there are no fewer than {last.n_fields} to compare with")
    before = points[-2]
    doublings = math.log2(last.n_fields / before.n_fields)
    fall = (before.held_out_bits - last.held_out_bits) / doublings
    between = f"{before.n_fields} to {last.n_fields} fields"
    return _judge("fields", f"{last.n_fields} are", "the bound", fall, between, last.half_width)


def _judge(
    what: str, own: str, curve: str, fall: float, between: str, half_width: float
) -> Verdict:
    verb = "falls" if fall > 0 else "rises"
    change = f"{verb} by {abs(fall):.4f} bits per doubling ({between})"
    if not math.isfinite(half_width):
        sentence = f"cannot be told: {curve} {change}, and there is no interval to compare with"
        return Verdict(what, None, fall, sentence)
    if abs(fall) <= half_width:
        sentence = f"{own} enough: {curve} {change}, within the interval of +- {half_width:.4f}"
        return Verdict(what, True, fall, sentence)
    sentence = (
        f"{own} not enough: {curve} still {change}, beyond the interval of +- {half_width:.4f}"
    )
    return Verdict(what, False, fall, sentence)


def _unknown(what: str, why: str) -> Verdict:
    return Verdict(what, None, math.nan, f"cannot be told: {why}")


def _points(
    sets: Sequence[tuple[Any, int]],
    noise: Noise,
    estimator: str | PatchEstimator | None,
    seed: int,
    options: dict[str, Any],
    n_all: int,
) -> list[SufficiencyPoint]:
    points = []
    refused: InputError | None = None
    for frames, patch_size in sets:
        try:
            found = estimate_information(
                frames,
                noise,
                estimator,
                patch_size,
                seed=seed,
                **_thinned(options, len(frames) / n_all),
            )
        except InputError as error:  # too few patches, say
            refused = error
            continue
        points.append(SufficiencyPoint.of(found, patch_size, len(frames)))
    if not points and refused is not None:
        raise refused
    return points


def _thinned(options: dict[str, Any], share: float) -> dict[str, Any]:
    """Draw as many patches from each field, whatever their number."""
    n_patches = options.get("n_patches")
    return options if n_patches is None else {**options, "n_patches": round(n_patches * share)}
