"""Spikes out of frames: what is known to be none of the scene, and what only may be.

A pixel that stands alone (`isolated`) is of the camera, and not of the scene,

    repeats : where one repeat has it and the others do not
    fields  : where four fields or more have it at the same place
    optics  : where it is in single frames whose scene optics have blurred (`diagnostics.spectrum`)

Its noise then has a part more: with a rate eps, something of any height. H(Y|X) gains H_2(eps) and
eps times the entropy of heights, and so does H(Y): what is left is as if the pixel had not been
read. So it is put to what is around it, with a noise like that around it, and its share eps of the
bits is taken off: (1 - eps) I(X;Y'), where I of pixels that are not read is at most I(X;Y').

In single frames of flat fields, or of a scene as sharp as the pixels, nobody can tell a hit from a
point. Frames stay as they are, and where those pixels may pass for much, it is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hil.information.diagnostics.spikes import SpikeLimit, spike_bits
from hil.information.sample.checks import CheckedFrames
from hil.information.sample.prepare import ChannelFrames
from hil.information.spikes.camera import in_all_fields, in_one_repeat
from hil.information.spikes.isolated import Isolated, drawn, isolated, nothing
from hil.information.spikes.possible import MOST_BITS, gaussian_bits, sharpness_without

_FEW_FIELDS = 4
_LEAST_SIDE = 24  # pixels: in smaller frames a pixel has a place of its own
_MOST_SHARE = 0.02  # of pixels: more are no exceptions
# Less than that stays: it is what noise makes of any frame, and nobody's loss.
_LEAST_BITS = 0.002
_LEAST_GAUSSIAN = 0.005


@dataclass(frozen=True, slots=True)
class Spikes:
    """What was found in one channel.

    Parameters
    ----------
    share
        Of the pixels, that were taken out.
    bits
        Per pixel, that these would have passed for.
    possible_bits
        That pixels may pass for of which nobody can tell.
    """

    share: float = 0.0
    bits: float = 0.0
    possible_bits: float = 0.0

    def flags(self, bits_per_pixel: float) -> set[str]:
        """Give those that an estimate of so many bits has."""
        found = {"spikes_left_out"} if self.bits > 0 else set()
        if min(self.possible_bits, bits_per_pixel) > MOST_BITS:
            found.add("spikes_possible")
        return found

    def details(self) -> dict[str, Any]:
        """Give what of it an estimate states."""
        stated: dict[str, Any] = {}
        if self.share > 0:
            stated |= {"spike_share": self.share, "spike_bits": self.bits}
        if self.possible_bits > 0:
            stated["spike_possible_bits"] = self.possible_bits
        return stated


def without_spikes(
    channels: Sequence[ChannelFrames], seed: int
) -> tuple[list[ChannelFrames], Spikes]:
    """Take spikes out of all channels; of several, what their means come to.

    Parameters
    ----------
    seed
        Of the noise of what stands in their places.
    """
    if not channels:
        return [], Spikes()
    cleaned, found = zip(
        *[_of_channel(one, np.random.default_rng(seed)) for one in channels], strict=True
    )
    n = len(found)
    return list(cleaned), Spikes(
        sum(one.share for one in found) / n,
        sum(one.bits for one in found) / n,
        sum(one.possible_bits for one in found) / n,
    )


def _of_channel(channel: ChannelFrames, rng: np.random.Generator) -> tuple[ChannelFrames, Spikes]:
    checked = channel.checked
    if not checked.discrete or checked.constant or min(checked.frames.shape[-2:]) < _LEAST_SIDE:
        return channel, Spikes()
    limit = SpikeLimit.of(channel.noise, checked.lowest_adu, checked.highest_adu, True)
    fields, repeats = checked.frames.shape[:2]
    known, possible = Spikes(), 0.0
    if fields >= _FEW_FIELDS:
        channel, known = _taken_out(channel, in_all_fields(checked.frames, limit), limit, rng)
    frames = channel.checked.frames
    if repeats > 1:
        found = in_one_repeat(frames, limit)
    else:
        found = _usable(isolated(frames[:, 0], limit, tracks=True), checked)
        if len(found):
            seen = sharpness_without(frames[:, 0], found, channel.noise_variance_adu2)
            share = len(found) / frames.size
            if not seen.blurred or share > _MOST_SHARE:
                if seen.blurred or seen.by_noise_alone:
                    possible = _bits(found, share, limit)
                found = nothing()
    channel, more = _taken_out(channel, found, limit, None if repeats > 1 else rng)
    return channel, Spikes(known.share + more.share, known.bits + more.bits, possible)


def _taken_out(
    channel: ChannelFrames,
    found: Isolated,
    limit: SpikeLimit,
    rng: np.random.Generator | None,
) -> tuple[ChannelFrames, Spikes]:
    checked = channel.checked
    found = _usable(found, checked)
    share = len(found) / checked.frames.size
    if not 0 < share <= _MOST_SHARE:
        return channel, Spikes()
    bits = _bits(found, share, limit)
    if (
        bits <= _LEAST_BITS
        and gaussian_bits(limit.squares(found.height_adu, found.level_adu), checked.frames.size)
        <= _LEAST_GAUSSIAN
    ):
        return channel, Spikes()
    frames = checked.frames.copy()
    # another repeat's pixel has noise of its own
    values = found.level_adu if rng is None else drawn(found.level_adu, limit, rng)
    codes = np.clip(np.rint(values), checked.lowest_adu, checked.highest_adu)
    frames.reshape(-1, *frames.shape[2:])[tuple(found.at)] = codes.astype(frames.dtype)
    pixels = frames if checked.usable is None else frames[..., checked.usable]
    within = replace(
        checked, frames=frames, lowest_adu=float(pixels.min()), highest_adu=float(pixels.max())
    )
    return replace(channel, checked=within), Spikes(share, bits)


def _usable(found: Isolated, checked: CheckedFrames) -> Isolated:
    if checked.usable is None or not len(found):
        return found
    return found.some(checked.usable[found.at[1], found.at[2]])


def _bits(found: Isolated, share: float, limit: SpikeLimit) -> float:
    return spike_bits(share, limit.log2_ratio(found.height_adu, found.level_adu) / len(found))
