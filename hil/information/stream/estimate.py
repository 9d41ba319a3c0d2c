"""An estimate from what is kept of a stream: the same as of all its frames at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.conditional_entropy import coarse_counts, phi_shift, shift_in_bits
from hil.information.constant_frames import constant_estimate
from hil.information.densities.stationary.autocovariance import LagSums
from hil.information.densities.stationary.fit import fitted
from hil.information.densities.stationary.fold_sums import training_sums
from hil.information.diagnostics.blurred_levels import LEVELS_FIELDS, Levels, look_for_levels
from hil.information.diagnostics.few_fields import (
    FewFields,
    bound_pattern,
    noise_of_single_frames,
)
from hil.information.diagnostics.flags import fixed_pattern, middle, too_dark, too_quiet
from hil.information.diagnostics.noise_check import check_differences
from hil.information.estimators.stationary import least_variance
from hil.information.interval import Interval, weighted_interval
from hil.information.pixel_bound import entropy_of_counts
from hil.information.registry import half_sum_weight
from hil.information.sample.codes_found import NOTHING_FOUND, CameraCodes
from hil.information.sample.sample import FOLDS
from hil.information.stream.record import PATTERN_SIDE, FieldRecord, StreamTotals
from hil.noise.entropy.histogram import joined
from hil.noise.entropy.phi_shift import PhiShift
from hil.noise.model import NoiseModel
from hil.records.estimate import Estimate

_ESTIMATOR = "stationary"
_NATS_PER_BIT = math.log(2)
_FEW_FIELDS = 4
_PATTERN_FIELDS = 64  # more say nothing new


@dataclass(frozen=True)
class Stream:
    """All that is known of a stream's frames.

    Parameters
    ----------
    records
        Of each field, by its number.
    totals
        Of all frames together.
    noise
        The noise model.
    patch_size
        p, pixels.
    discrete
        Whether pixels are integers.
    reference_adu
        The fixed value that sums are about.
    n_pixels
        Of a frame, that are used.
    usable
        (h, w) which pixels are; None for all.
    codes
        What the frames say of the camera's codes.
    maps
        Whether pixels were made alike by maps of the camera.
    """

    records: dict[int, FieldRecord]
    totals: StreamTotals
    noise: NoiseModel
    patch_size: int
    discrete: bool
    reference_adu: float
    n_pixels: int
    usable: NDArray[np.bool_] | None
    codes: CameraCodes = NOTHING_FOUND
    maps: bool = False

    @cached_property
    def fields(self) -> list[FieldRecord]:
        """Records in order of their numbers."""
        return list(self.records.values())

    @cached_property
    def lags(self) -> LagSums:
        """Of all fields."""
        return reduce(add, (known.sums.lags for known in self.fields))

    @cached_property
    def noise_variance_adu2(self) -> float:
        """Mean of Var(Y | X)."""
        n_frames = sum(known.n_frames for known in self.fields)
        about_adu = sum(known.mean_adu_sum for known in self.fields) / n_frames
        return self.noise.mean_variance_adu2(self.reference_adu + about_adu, self.discrete)

    @cached_property
    def single_pixel_nats(self) -> float:
        """Entropy of one pixel, of all of them together; infinite where it is not known."""
        if not self.discrete:
            return math.inf
        counts = reduce(joined, (known.sums.counts for known in self.fields))
        return entropy_of_counts(counts, self.noise)

    @property
    def saturated_share(self) -> float:
        """Share of clipped pixels."""
        return max(self.totals.n_saturated / self.totals.n_pixels, self.codes.piled_share)


def estimate_stream(stream: Stream, confidence: float, max_saturated_share: float) -> Estimate:
    """Estimate from a stream of one field or more; how long it took is left out.

    Parameters
    ----------
    confidence, max_saturated_share
        As in `estimate_information`.
    """
    fields, totals = stream.fields, stream.totals
    flags = _flags_of_number(stream, max_saturated_share)
    if totals.lowest_adu == totals.highest_adu:
        share = stream.saturated_share
        return constant_estimate(totals.lowest_adu, len(fields), _ESTIMATOR, share, flags, 0.0)
    held_out, in_sample, weight = _cross_entropies(stream)
    noise_nats, shift = _conditional_nats(stream)
    corrected = weight * held_out + (1 - weight) * in_sample
    bits = (corrected - noise_nats) / _NATS_PER_BIT
    n_patches = np.array([known.sums.moments.n for known in fields], dtype=np.float64)
    shares = n_patches / n_patches.sum()
    value, conditional = float(shares @ bits), float(shares @ noise_nats)
    interval = weighted_interval(bits, shares, confidence)
    allowed = (stream.single_pixel_nats - conditional) / _NATS_PER_BIT
    if value > allowed:
        # what single pixels cannot hold is the family's slack, not information
        excess = value - allowed
        value, bits, interval = allowed, bits - excess, interval.shifted(-excess)
        corrected = corrected - excess * _NATS_PER_BIT
    found, details = _diagnose(stream, interval, value)
    flags |= found
    if stream.codes.unit != "codes":  # else the noise was taken for another's where spikes were
        flags |= stream.totals.spikes.flags(value)
        details |= stream.totals.spikes.details()
    if coarse_counts(shift, True, interval.half_width):
        flags.add("coarse_counts")
    if value < 0:
        flags.add("negative")
    if math.isfinite(allowed):
        details["single_pixel_bits"] = allowed
    return Estimate(
        bits_per_pixel=value,
        ci_low=interval.low,
        ci_high=interval.high,
        h_y_nats=float(shares @ corrected),
        h_y_given_x_nats=conditional,
        estimator=_ESTIMATOR,
        n_patches=round(float(n_patches.sum())),
        n_units=len(fields),
        seconds=0.0,
        flags=tuple(sorted(flags)),
        details=details
        | shift_in_bits(shift)
        | {
            "per_field_bits": [float(one) for one in bits],
            "fields": list(stream.records),
            "held_out_bits": (float(shares @ held_out) - conditional) / _NATS_PER_BIT,
            "in_sample_bits": (float(shares @ in_sample) - conditional) / _NATS_PER_BIT,
            "saturated_share": stream.saturated_share,
            "interval": interval.method,
        },
    )


def _cross_entropies(stream: Stream) -> tuple[Floats, Floats, float]:
    """Held-out and in-sample nats per pixel of each field, and the weight of held-out."""
    fields = stream.fields
    n_folds = min(len(fields), FOLDS)
    fold = np.arange(len(fields)) % n_folds
    per_fold = [
        [known.sums for known, own in zip(fields, fold, strict=True) if own == k]
        for k in range(n_folds)
    ]
    sums = training_sums([reduce(add, (one.lags for one in part)) for part in per_fold])
    models = fitted(
        sums,
        least_variance(stream.noise_variance_adu2, stream.discrete),
        lambda: training_sums([reduce(add, (one.moments for one in part)) for part in per_fold]),
    )
    moments = [known.sums.moments for known in fields]
    in_sample = models[0].cross_entropies_nats(sums[0].mean, moments)
    if n_folds == 1:
        # fitting k parameters lowers the sum over independent pixels by k / 2 nats (Akaike)
        free = (2 * stream.patch_size - 1) ** 2 / 2 + 1
        return in_sample + free / stream.n_pixels, in_sample, 0.5
    held_out = np.empty_like(in_sample)
    for k, part in enumerate(per_fold):
        parts = [one.moments for one in part]
        held_out[fold == k] = models[1 + k].cross_entropies_nats(sums[1 + k].mean, parts)
    return held_out, in_sample, half_sum_weight(n_folds)


def _conditional_nats(stream: Stream) -> tuple[Floats, PhiShift]:
    """H(Y|X) of each field, nats per pixel, and what was added to phi for it."""
    sums = [known.sums for known in stream.fields]
    shift = phi_shift(
        stream.noise,
        reduce(joined, (one.counts for one in sums)),
        stream.totals.first_percentile_adu,
        stream.totals.last_percentile_adu,
        stream.discrete,
    )
    return np.array([one.noise_nats / one.moments.n for one in sums]) + shift.nats, shift


def _flags_of_number(stream: Stream, max_saturated_share: float) -> set[str]:
    flags = set()
    if len(stream.fields) < _FEW_FIELDS:
        flags.add("too_few_units")
    if len(stream.fields) == 1:
        flags.add("one_scene")
    if stream.saturated_share > max_saturated_share:
        flags.add("saturated")
    return flags


def _diagnose(
    stream: Stream, interval: Interval, bits_per_pixel: float
) -> tuple[set[str], dict[str, Any]]:
    flags = set(stream.codes.flags)
    details: dict[str, Any] = stream.codes.details()
    totals, variance, zero = stream.totals, stream.noise_variance_adu2, stream.patch_size - 1
    total_variance = float(stream.lags.autocovariance[zero, zero])
    n_pairs = float(stream.lags.pairs[zero, zero])
    if too_dark(totals.n_dark / totals.n_pixels) or too_quiet(total_variance, variance, n_pairs):
        flags.add("noise_mismatch")
    repeats = check_differences(
        totals.repeats, stream.noise, stream.discrete, stream.saturated_share
    )
    details["noise_checked"] = repeats is not None
    if repeats is not None:
        details |= repeats.details()
        if repeats.mismatch(interval.half_width):
            flags.add("noise_mismatch")
        if repeats.correlated:
            flags.add("noise_correlated")
    means = _field_means(stream)
    levels = _levels(stream, means, bits_per_pixel)
    flags |= levels.flags(bits_per_pixel)
    details |= levels.details()
    within = None if stream.usable is None else middle(stream.usable, PATTERN_SIDE)
    shows, details["fixed_pattern_bits"] = fixed_pattern(means, variance, within)
    if shows:
        flags.add("fixed_pattern")
    if len(stream.fields) < _FEW_FIELDS and not stream.maps:
        few = _few_fields(stream, means, within)
        details |= few.details()
        flags.add("pattern_unchecked")
        if few.shows:
            flags.add("fixed_pattern")
        elif few.may_be(interval.half_width, bits_per_pixel):
            flags.add("pattern_possible")
    return flags, details


def _field_means(stream: Stream) -> NDArray[np.float32]:
    """(n, h, w) mean of the middle of each field's frames, less a fixed value."""
    fields = stream.fields
    means = [known.pattern / np.float32(known.n_frames) for known in fields[:_PATTERN_FIELDS]]
    return np.stack(means)


def _levels(stream: Stream, means: NDArray[np.float32], bits_per_pixel: float) -> Levels:
    """Look for levels behind optics in what is kept of the first fields."""
    if stream.maps or stream.usable is not None or not stream.discrete:
        return Levels()
    each = [1 / max(known.n_frames, 1.0) for known in stream.fields[:LEVELS_FIELDS]]
    noise = stream.noise_variance_adu2 * float(np.mean(each))
    return look_for_levels(means[:LEVELS_FIELDS], noise, bits_per_pixel)


def _few_fields(
    stream: Stream, means: NDArray[np.float32], within: NDArray[np.bool_] | None
) -> FewFields:
    # frames that fade weigh unequally: their mean has up to this much noise, and no more
    each = [1 / max(known.n_frames, 1.0) for known in stream.fields]
    noise = noise_of_single_frames(stream.totals.repeats, stream.noise_variance_adu2)
    return bound_pattern(means, noise * float(np.mean(each)), means, noise, within)
