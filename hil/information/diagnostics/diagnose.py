"""What speaks against an estimate, channel by channel: flags, and the numbers behind them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hil.information.diagnostics.blurred_levels import (
    LEVELS_FIELDS,
    LEVELS_SIDE,
    look_for_levels,
)
from hil.information.diagnostics.few_fields import check_few_fields
from hil.information.diagnostics.fixed_pattern import FEW_FIELDS, PatternCheck, check_pattern
from hil.information.diagnostics.flags import (
    about,
    check_noise,
    field_means,
    fixed_pattern,
    impossible_noise,
    look_at_blocks,
    look_at_spectrum,
    middle,
    middle_mask,
    saturated_share,
    spike_limit,
)
from hil.information.diagnostics.quiet_blocks import (
    QUIET_FIELDS,
    QUIET_SIDE,
    look_at_quiet_blocks,
)
from hil.information.sample.checks import CheckedFrames, check_share
from hil.information.sample.prepare import ChannelFrames
from hil.noise.corrected import CorrectedNoise
from hil.noise.model import NoiseModel


def clip_adu(checked: CheckedFrames, noise: NoiseModel, saturation_adu: float | None) -> float:
    """Give the ADU from which a pixel counts as saturated."""
    if saturation_adu is not None:
        check_share("saturation_adu", saturation_adu, 0.0, math.inf)
        return min(float(saturation_adu), noise.highest_adu)
    dtype = checked.frames.dtype
    return min(noise.highest_adu, np.iinfo(dtype).max if dtype.kind in "ui" else math.inf)


def worst_saturated_share(channels: Sequence[ChannelFrames], saturation_adu: float | None) -> float:
    """Share of clipped pixels in the channel that clips most."""
    shares = []
    for channel in channels:
        given = None if channel.converted else saturation_adu
        if given is not None and math.isfinite(given):
            given = channel.codes.in_codes(given)
        clip = clip_adu(channel.checked, channel.noise, given)
        share = saturated_share(channel.checked, channel.noise, clip)
        shares.append(max(share, channel.codes.piled_share))
    return max(shares)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What speaks against an estimate.

    Parameters
    ----------
    flags
        From `hil.records.estimate.FLAGS`.
    pattern
        What all fields share; of several channels, of the one that has most.
    details
        For people and the database: of several channels those of the worst, and ``"channels"`` has
        those of each.
    """

    flags: frozenset[str]
    pattern: PatternCheck
    details: Mapping[str, Any]


def diagnose(
    channels: Sequence[ChannelFrames],
    half_width_bits: float,
    patch_size: int,
    bits_per_pixel: float = math.inf,
    *,
    on_codes: bool = False,
    shared_counts: bool = True,
) -> Diagnosis:
    """Test noise and fixed pattern.

    Parameters
    ----------
    half_width_bits
        Of the interval: errors of the noise model within it are not flagged.
    bits_per_pixel
        The estimate, of which no pattern is more.
    on_codes
        Whether H(Y) is of a density on codes, in which hit and hot pixels count for what they are;
        a Gaussian's variance they raise.
    shared_counts
        Whether what all fields share passes for information in H(Y): only then it is looked for.
    """
    each = [
        _of_channel(channel, half_width_bits, patch_size, bits_per_pixel, on_codes, shared_counts)
        for channel in channels
    ]
    if len(each) == 1:
        return each[0]
    details = [one.details for one in each]
    worst = {
        key: max((one[key] for one in details if key in one), key=_badness)
        for key in dict.fromkeys(key for one in details for key in one)
    }
    if "noise_variance_ratio" in worst:
        ratios = [one["noise_variance_ratio"] for one in details if "noise_variance_ratio" in one]
        worst["noise_variance_ratio"] = max(ratios, key=lambda ratio: _badness(ratio - 1))
    return Diagnosis(
        frozenset[str]().union(*(one.flags for one in each)),
        max((one.pattern for one in each), key=lambda pattern: pattern.bits),
        worst | {"channels": [dict(one) for one in details]},
    )


def _badness(value: float) -> float:
    return abs(value)


def _of_channel(
    channel: ChannelFrames,
    half_width_bits: float,
    patch_size: int,
    bits_per_pixel: float,
    on_codes: bool,
    shared_counts: bool,
) -> Diagnosis:
    checked, noise = channel.checked, channel.noise
    flags: set[str] = set()
    details: dict[str, Any] = {}
    if impossible_noise(checked, noise):
        flags.add("noise_mismatch")
    repeats = check_noise(checked, noise)
    details["noise_checked"] = repeats is not None
    if repeats is not None:
        details |= repeats.details()
        if repeats.mismatch(half_width_bits, on_codes=on_codes):
            flags.add("noise_mismatch")
        if repeats.correlated:
            flags.add("noise_correlated")
    elif not channel.converted and checked.discrete and checked.usable is None:
        flags |= look_at_spectrum(checked, noise).flags(bits_per_pixel)
        quiet = middle(checked.frames[:, 0], QUIET_SIDE)[:QUIET_FIELDS]
        flags |= look_at_quiet_blocks(quiet, noise).flags
    if not channel.converted and checked.discrete:
        lossy = look_at_blocks(checked, noise)
        details |= lossy.details()
        flags |= lossy.flags
    pattern = PatternCheck()
    if shared_counts:
        shows, pattern, stated = _pattern(channel, patch_size, on_codes)
        details |= stated
        if shows:
            flags.add("fixed_pattern")
    if checked.frames.shape[0] < FEW_FIELDS and not channel.converted:
        few = check_few_fields(checked, channel.noise_variance_adu2)
        details |= few.details()
        flags.add("pattern_unchecked")
        if few.shows:
            flags.add("fixed_pattern")
        elif few.may_be(half_width_bits, bits_per_pixel):
            flags.add("pattern_possible")
    if not channel.converted and checked.discrete and checked.usable is None:
        some = about(middle(checked.frames[:, 0], LEVELS_SIDE)[:LEVELS_FIELDS], checked.mean_adu)
        levels = look_for_levels(some, channel.noise_variance_adu2, bits_per_pixel)
        details |= levels.details()
        flags |= levels.flags(bits_per_pixel)
    flags |= channel.codes.flags
    details |= channel.codes.details()
    if isinstance(noise, CorrectedNoise):
        uneven = noise.unevenness_nats(checked.mean_adu)
        details["noise_unevenness_bits"] = uneven / math.log(2)
    return Diagnosis(frozenset(flags), pattern, details)


def _pattern(
    channel: ChannelFrames, patch_size: int, on_codes: bool
) -> tuple[bool, PatternCheck, dict[str, Any]]:
    checked, variance = channel.checked, channel.noise_variance_adu2
    if min(checked.frames.shape[-2:]) > patch_size:
        limit = spike_limit(checked, channel.noise) if on_codes else None
        found = check_pattern(checked, variance, patch_size, limit)
        return found.shows, found, found.details()
    # patches, alone or stacked, have lags within them alone
    shows, bits = fixed_pattern(field_means(checked), variance, middle_mask(checked))
    return shows, PatternCheck(bits), {"fixed_pattern_bits": bits}
