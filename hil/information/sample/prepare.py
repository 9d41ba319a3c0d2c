"""Frames, noise and mask as they are given, to channels that can be worked on.

A frame of several channels is several images with noise of their own: each is checked alone, and
they meet again in the `Sample`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hil.errors import InputError
from hil.information.sample.camera_codes import look_at_codes
from hil.information.sample.checks import CheckedFrames, as_array, check_frames, four_axes
from hil.information.sample.codes_found import NOTHING_FOUND, CameraCodes
from hil.information.sample.patches import check_mask
from hil.noise.corrected import CorrectedNoise
from hil.noise.model import FlattenedNoise, MaskedNoise, NoiseModel

Noise = NoiseModel | FlattenedNoise | Sequence[NoiseModel | FlattenedNoise]


@dataclass(frozen=True)
class ChannelFrames:
    """One channel of a measurement.

    Parameters
    ----------
    checked
        Its frames, within the smallest rectangle that holds all usable pixels.
    noise
        Of those frames.
    converted
        Whether values are in another unit than they were given in.
    codes
        What the frames say of the camera's codes.
    """

    checked: CheckedFrames
    noise: NoiseModel
    converted: bool
    codes: CameraCodes = NOTHING_FOUND

    @property
    def noise_variance_adu2(self) -> float:
        """Mean of Var(Y | X)."""
        return self.noise.mean_variance_adu2(self.checked.mean_adu, self.checked.discrete)


def take_in(
    frames: ArrayLike, noise: Noise, patch_size: int, mask: ArrayLike | None
) -> list[ChannelFrames]:
    """Check everything that an estimate is made from.

    Parameters
    ----------
    frames, noise, patch_size, mask
        As in `estimate_information`.

    Returns
    -------
    One for each channel, all of one shape.

    Raises
    ------
    InputError
        For anything that cannot be.
    """
    array = as_array(frames)
    several = array.ndim == 5 and array.size > 0
    parts = [array[:, :, c] for c in range(array.shape[2])] if several else [array]
    if isinstance(noise, (list, tuple)):
        noises = list(noise)
    else:
        noises = [cast(NoiseModel | FlattenedNoise, noise)] * len(parts)
    if len(noises) != len(parts):
        raise InputError(
            "noise",
            "",
            f"is {len(noises)} models for {len(parts)} channels; allowed: one for all, or one each",
        )
    for one in noises:
        if not isinstance(one, FlattenedNoise) and not hasattr(one, "entropy_phi_nats"):
            raise InputError("noise", "", f"{one!r} is no noise model; allowed: those of hil.noise")
    usable = _usable(array, noises, mask)
    return [_channel(*both, patch_size, usable) for both in zip(parts, noises, strict=True)]


def _usable(
    frames: NDArray[Any], noises: Sequence[object], mask: ArrayLike | None
) -> NDArray[np.bool_] | None:
    """(H, W) pixels that all channels and the mask leave; None for all."""
    if frames.ndim < 3 or frames.size == 0:
        return None  # refused later, by their shape
    size = frames.shape[-2:]
    usable = np.ones(size, dtype=bool) if mask is None else check_mask(mask, *size)
    for noise in noises:
        # maps of another size are refused where frames are made even
        if isinstance(noise, MaskedNoise) and noise.usable.shape == size:
            usable = check_mask(usable & noise.usable, *size)
    return None if usable.all() else usable


def _channel(
    frames: NDArray[Any],
    noise: NoiseModel | FlattenedNoise,
    patch_size: int,
    usable: NDArray[np.bool_] | None,
) -> ChannelFrames:
    codes, given = NOTHING_FOUND, frames.shape
    if isinstance(noise, FlattenedNoise):
        converted, raw = True, noise
        if frames.dtype.kind in "ui":  # maps would hide what the camera gave
            frames, raw, codes = look_at_codes(four_axes(frames), noise, usable)
            given = frames.shape
        frames, own = raw.flatten(frames)
        if usable is not None and frames.shape != given:
            raise InputError("mask", "", "is for frames of real numbers")
    else:
        converted, own = False, noise
    if usable is not None:
        box = box_of(usable)
        frames, usable = frames[..., *box], usable[box]
        own = own.cropped(*box) if isinstance(own, CorrectedNoise) else own
        usable = None if usable.all() else usable
    if not converted:
        frames, own, codes = look_at_codes(four_axes(frames), own, usable)
    checked = check_frames(frames, own, patch_size, usable)
    return ChannelFrames(checked, own, converted, codes)


def box_of(usable: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Find the smallest rectangle that holds all usable pixels of (H, W)."""
    rows, columns = np.flatnonzero(usable.any(axis=1)), np.flatnonzero(usable.any(axis=0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
