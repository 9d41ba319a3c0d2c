"""From checked channels to the sample that an estimator works on: fields, places, scales."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hil.errors import InputError
from hil.information.sample.patches import patch_corners, tile_corners
from hil.information.sample.prepare import ChannelFrames
from hil.information.sample.sample import Channel, Sample, masked_regions, regions_of_one_field
from hil.noise.corrected import CorrectedNoise
from hil.noise.entropy.gaussian_gap import LEAST_DISCRETE_VARIANCE_ADU2

_SMALLER = (32, 24, 16, 12, 8, 6, 4, 3, 2)


def choose_sample(
    channels: Sequence[ChannelFrames],
    patch_size: int,
    seed: int,
    stride: int | None = None,
    n_patches: int | None = None,
) -> Sample:
    """Choose the patches, and bring channels together.

    Parameters
    ----------
    channels
        Of one shape.
    patch_size, seed, stride, n_patches
        As in `estimate_information`.

    Raises
    ------
    InputError
        Where no patches are left, or one field is too small for two regions.
    """
    first = channels[0].checked
    parts = [channel.checked.frames for channel in channels]
    if len({part.shape for part in parts}) > 1:
        raise InputError("noise", "", "makes channels of different sizes of complex and real ones")
    frames = parts[0] if len(parts) == 1 else np.stack(parts, axis=2)
    one_scene = frames.shape[0] == 1
    usable = None if first.usable is None else first.usable[None]
    if one_scene and usable is None:
        frames = regions_of_one_field(frames, patch_size)
    elif one_scene and usable is not None:
        usable = masked_regions(usable[0], patch_size)
        frames = np.broadcast_to(frames, (2, *frames.shape[1:]))
    kinds = _pixel_kinds(channels)
    if one_scene and kinds is not None and usable is None:
        kinds = regions_of_one_field(kinds, patch_size)
    corners = _corners(frames, usable, patch_size, seed, stride, n_patches)
    several = _common_scale(channels) if len(channels) > 1 else ()
    return Sample(
        frames,
        int(patch_size),
        float(np.mean([channel.checked.mean_adu for channel in channels])),
        channels[0].noise_variance_adu2 if not several else _shared_variance(channels),
        all(channel.checked.discrete for channel in channels),
        one_scene,
        seed,
        None if several else channels[0].noise,
        several,
        corners,
        usable,
        stride if stride is not None and stride < patch_size else None,
        kinds,
    )


def _pixel_kinds(channels: Sequence[ChannelFrames]) -> NDArray[np.uint8] | None:
    """(1, C, H, W) which distribution each channel's pixels have; None where they are alike."""
    found = [one.noise.kinds if isinstance(one.noise, CorrectedNoise) else None for one in channels]
    size = channels[0].checked.frames.shape[-2:]
    # of patches that were drawn before, and stacked, the map is not known
    if all(kinds is None or kinds.shape != size for kinds in found):
        return None
    alike = np.zeros(size, dtype=np.uint8)
    return np.stack([alike if kinds is None else kinds for kinds in found])[None]


def _corners(
    frames: NDArray[np.generic],
    usable: NDArray[np.bool_] | None,
    patch_size: int,
    seed: int,
    stride: int | None,
    n_patches: int | None,
) -> NDArray[np.intp] | None:
    """(F, T, 2) or (1, T, 2); None for all tiles."""
    n_fields, n_repeats = frames.shape[:2]
    height, width = frames.shape[-2:]
    if usable is None and stride is None and n_patches is None:
        return None
    if usable is None:
        groups = [tile_corners(height, width, patch_size, stride)]
    else:
        groups = [_left_by(mask, patch_size, stride, len(usable)) for mask in usable]
    least = min(map(len, groups))
    wanted = least if n_patches is None else min(least, _per_frame(n_patches, n_fields, n_repeats))
    if wanted == least and len(groups) == 1:
        return groups[0][None]
    rng = np.random.default_rng(seed)
    chosen = [groups[f % len(groups)] for f in range(n_fields)]
    return np.stack([own[np.sort(rng.permutation(len(own))[:wanted])] for own in chosen])


def _left_by(
    mask: NDArray[np.bool_], patch_size: int, stride: int | None, n_regions: int
) -> NDArray[np.intp]:
    try:
        return patch_corners(mask.shape[0], mask.shape[1], patch_size, stride=stride, mask=mask)
    except InputError as error:
        region = "in one of the two regions of the only field " if n_regions > 1 else ""
        raise InputError(
            "mask",
            "",
            f"leaves no patch of {patch_size} x {patch_size} pixels {region}among "
            f"{int(mask.sum())} usable pixels; {smaller_patches(mask, patch_size, 1)}",
        ) from error


def smaller_patches(mask: NDArray[np.bool_], patch_size: int, wanted: int) -> str:
    """Say which smaller patch size leaves ``wanted`` patches of a frame with this mask (H, W)."""
    for p in _SMALLER:
        if p < patch_size and (n := _n_tiles(mask, p)) >= wanted:
            return f"allowed: a smaller patch_size, {p} leaves {n} in each frame"
    return "allowed: a mask with larger areas of usable pixels"


def _n_tiles(mask: NDArray[np.bool_], p: int) -> int:
    try:
        return len(patch_corners(mask.shape[0], mask.shape[1], p, mask=mask))
    except InputError:
        return 0


def _per_frame(n_patches: object, n_fields: int, n_repeats: int) -> int:
    n_frames = n_fields * n_repeats
    if isinstance(n_patches, bool) or not isinstance(n_patches, (int, np.integer)):
        raise InputError("n_patches", "", f"{n_patches!r} is not an integer")
    if n_patches < n_frames:
        raise InputError(
            "n_patches", "", f"{n_patches}; allowed: an integer from {n_frames}, one a frame"
        )
    return int(n_patches) // n_frames


def _floor_adu2(channel: ChannelFrames) -> float:
    variance = channel.noise_variance_adu2
    return max(variance, LEAST_DISCRETE_VARIANCE_ADU2) if channel.checked.discrete else variance


def _shared_variance(channels: Sequence[ChannelFrames]) -> float:
    """Geometric mean of the channels' noise: the scales that lead to it change no entropy."""
    return math.exp(sum(math.log(_floor_adu2(channel)) for channel in channels) / len(channels))


def _common_scale(channels: Sequence[ChannelFrames]) -> tuple[Channel, ...]:
    shared = _shared_variance(channels)
    return tuple(
        Channel(
            channel.checked.mean_adu,
            channel.noise_variance_adu2,
            channel.noise,
            channel.checked.discrete,
            math.sqrt(_floor_adu2(channel) / shared),
        )
        for channel in channels
    )
