"""Frames cut into what estimators work on: fields, folds and patches.

F : fields of view      R : repeats      C : channels      H, W : frame
p : patch size          d = C p p : values of a patch, channel by channel, row by row
T : patches of a frame: tiled without overlap, centred in the frame, unless `Sample.corners` says
    where
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.errors import InputError
from hil.information.sample.patches import cut_at, tile_corners
from hil.noise.model import NoiseModel

FOLDS = 5  # of fields of view: held out in turn, in every family and for a whole session


@dataclass(frozen=True, slots=True)
class Channel:
    """What is known of one channel of several.

    Parameters
    ----------
    mean_adu, noise_variance_adu2, noise, discrete
        As in `Sample`.
    scale
        What its values are divided by where channels meet, so that all have noise of one variance.
        The product over channels is 1: no entropy changes.
    """

    mean_adu: float
    noise_variance_adu2: float
    noise: NoiseModel | None
    discrete: bool
    scale: float


@dataclass(frozen=True)
class Sample:
    """Frames of one measurement, ready for an estimator.

    Parameters
    ----------
    frames
        (F, R, H, W) numbers, ADU; (F, R, C, H, W) with several channels. With ``one_scene`` the two
        fields are regions of one field.
    patch_size
        p, pixels.
    mean_adu
        About the mean of all pixels: sums are taken about it, for accuracy alone.
    noise_variance_adu2
        Mean of Var(Y | X): what no model of Y may go below. Of several channels, what it is in all
        of them once they are divided by their scales.
    discrete
        Whether ADU are integers, in all channels.
    one_scene
        Whether the fields are regions of a single field of view.
    seed
        For estimators that draw random numbers.
    noise
        The noise model, for estimators that use its distribution; None where only its variance is
        known, and with several channels, which have their own.
    channels
        What is known of each of several channels; empty with one.
    corners
        (F, T, 2) top and left of the patches of each field, or (1, T, 2) of all; None to tile.
    usable
        (F, H, W) or (1, H, W), true where pixels may be used; None for all. Others hold some
        usable pixel's value, in place of what they were.
    stride
        Pixels from one patch to the next; None where patches do not overlap.
    pixel_kinds
        (F, C, H, W) or (1, C, H, W) which of the distributions of its channel's noise a pixel has;
        None where pixels are alike.
    most_folds
        How many folds fields are dealt into, where there are so many.
    """

    frames: NDArray[Any]
    patch_size: int
    mean_adu: float
    noise_variance_adu2: float
    discrete: bool
    one_scene: bool = False
    seed: int = 0
    noise: NoiseModel | None = None
    channels: tuple[Channel, ...] = ()
    corners: NDArray[np.intp] | None = None
    usable: NDArray[np.bool_] | None = None
    stride: int | None = None
    pixel_kinds: NDArray[np.uint8] | None = None
    most_folds: int = FOLDS

    @property
    def kinds(self) -> NDArray[np.intp] | None:
        """(F, H, W) or (1, H, W) `pixel_kinds` of the one channel there is; else None."""
        if self.pixel_kinds is None or self.n_channels > 1:
            return None
        return self.pixel_kinds[:, 0].astype(np.intp)

    @property
    def n_fields(self) -> int:
        """F."""
        return int(self.frames.shape[0])

    @property
    def n_repeats(self) -> int:
        """R."""
        return int(self.frames.shape[1])

    @property
    def n_frames(self) -> int:
        """F R."""
        return self.n_fields * self.n_repeats

    @property
    def n_channels(self) -> int:
        """C."""
        return int(self.frames.shape[2]) if self.frames.ndim == 5 else 1

    @property
    def size(self) -> tuple[int, int]:
        """H and W."""
        height, width = self.frames.shape[-2:]
        return int(height), int(width)

    @property
    def values_per_patch(self) -> int:
        """Length of a patch: d."""
        return self.n_channels * self.patch_size**2

    @cached_property
    def places(self) -> NDArray[np.intp]:
        """(F, T, 2) or (1, T, 2) top and left of each patch."""
        if self.corners is not None:
            return self.corners
        return tile_corners(*self.size, self.patch_size)[None]

    @property
    def n_scenes(self) -> float:
        """How many patches there are without overlap, of one repeat of all fields."""
        overlap = 1.0 if self.stride is None else min(1.0, self.stride / self.patch_size)
        return float(self.n_fields * self.places.shape[1] * overlap**2)

    @cached_property
    def fold(self) -> NDArray[np.intp]:
        """(F,) fold of each field: its index modulo the number of folds, in every measurement."""
        return np.arange(self.n_fields) % min(self.n_fields, self.most_folds)

    @property
    def n_folds(self) -> int:
        """Number of folds, 2 to 5."""
        return int(self.fold.max()) + 1

    @cached_property
    def raw_patches(self) -> NDArray[Any]:
        """(F, R * T, d) patches as they were measured, repeat by repeat, row by row."""
        p, f, r, c = self.patch_size, self.n_fields, self.n_repeats, self.n_channels
        height, width = self.size
        stack = self.frames.reshape(f, r, c, height, width)
        if self.corners is not None:
            places = np.broadcast_to(self.corners, (f, *self.corners.shape[1:]))
            cut = np.stack([cut_at(own, p, at) for own, at in zip(stack, places, strict=True)])
            return cut.transpose(0, 1, 3, 2, 4, 5).reshape(f, -1, c * p * p)
        down, across = height // p, width // p
        top, left = (height - down * p) // 2, (width - across * p) // 2
        tiled = stack[..., top : top + down * p, left : left + across * p]
        split = tiled.reshape(f, r, c, down, p, across, p)
        return split.transpose(0, 1, 3, 5, 2, 4, 6).reshape(f, -1, c * p * p)

    @cached_property
    def kinds_of_patches(self) -> NDArray[np.uint8] | None:
        """(F, R * T, d) `pixel_kinds` of the pixels of `raw_patches`."""
        if self.pixel_kinds is None:
            return None
        once = np.broadcast_to(self.pixel_kinds, (self.n_fields, *self.pixel_kinds.shape[1:]))
        cut = replace(self, frames=once[:, None], pixel_kinds=None).raw_patches
        return np.tile(cut, (1, self.n_repeats, 1))

    @cached_property
    def patches(self) -> NDArray[np.float32]:
        """(F, R * T, d) patches less `mean_adu`; several channels scaled to equal noise."""
        if not self.channels:
            return _about(self.raw_patches, self.mean_adu)
        split = self.raw_patches.reshape(*self.raw_patches.shape[:2], self.n_channels, -1)
        patches = np.empty(split.shape, dtype=np.float32)
        for c, channel in enumerate(self.channels):
            patches[:, :, c] = _about(split[:, :, c], channel.mean_adu) / np.float32(channel.scale)
        return patches.reshape(self.raw_patches.shape)

    def centred_frames(self, field: int, channel: int = 0) -> NDArray[np.float32]:
        """(R, H, W) whole frames of one field less `mean_adu`; scaled as `patches`."""
        if not self.channels:
            return _about(self.frames[field], self.mean_adu)
        own = self.channels[channel]
        return _about(self.frames[field, :, channel], own.mean_adu) / np.float32(own.scale)

    def mask(self, field: int) -> NDArray[np.bool_]:
        """(H, W) pixels of a field that may be used."""
        if self.usable is None:
            return np.ones(self.size, dtype=bool)
        own: NDArray[np.bool_] = self.usable[min(field, len(self.usable) - 1)]
        return own

    def pixels(self, values: NDArray[Any], fields: NDArray[np.intp]) -> NDArray[Any]:
        """Values at the usable pixels of some fields, (n,).

        Parameters
        ----------
        values
            Of all fields, shaped as `frames`.
        """
        if self.usable is None:
            return values[fields].ravel()
        return np.concatenate([values[f][..., self.mask(int(f))].ravel() for f in fields])

    def some(self, fields: NDArray[np.intp]) -> Sample:
        """Return some fields alone, by their indices."""

        def own(array: Any) -> Any:
            return array if array is None or len(array) == 1 else array[fields]

        return replace(
            self,
            frames=self.frames[fields],
            corners=own(self.corners),
            usable=own(self.usable),
            pixel_kinds=own(self.pixel_kinds),
        )

    def by_channel(self) -> Iterator[Sample]:
        """Each channel alone, as it was measured."""
        if not self.channels:
            yield self
            return
        for c, channel in enumerate(self.channels):
            yield replace(
                self,
                frames=self.frames[:, :, c],
                mean_adu=channel.mean_adu,
                noise_variance_adu2=channel.noise_variance_adu2,
                discrete=channel.discrete,
                noise=channel.noise,
                channels=(),
                pixel_kinds=None if self.pixel_kinds is None else self.pixel_kinds[:, c, None],
            )


def _about(values: NDArray[Any], mean_adu: float) -> NDArray[np.float32]:
    # in double precision first where single could not hold the numbers
    wide = np.float64 if values.dtype.itemsize > 2 else np.float32
    about = np.subtract(values, wide(mean_adu), dtype=wide)
    return np.asarray(about, dtype=np.float32)


def regions_of_one_field(frames: NDArray[Any], patch_size: int) -> NDArray[Any]:
    """Split the only field along its longer side, with a guard band of one patch between.

    Parameters
    ----------
    frames
        (1, R, H, W), or with more axes before the last two.

    Returns
    -------
    array (2, R, h, w), the two regions.

    Raises
    ------
    InputError
        Where the frame is too small for two regions of a patch and the guard.
    """
    height, width = frames.shape[-2:]
    axis = -2 if height >= width else -1
    length = frames.shape[axis]
    half = (length - patch_size) // 2
    if min(height, width) == patch_size:  # stacked patches are not cut apart
        half -= half % patch_size
    if half < patch_size:
        raise _too_small(height, width, patch_size)
    first = np.take(frames, range(half), axis=axis)
    second = np.take(frames, range(length - half, length), axis=axis)
    return np.concatenate([first, second])


def masked_regions(usable: NDArray[np.bool_], patch_size: int) -> NDArray[np.bool_]:
    """Split a mask (H, W) as `regions_of_one_field` splits frames, in halves of equal area.

    Returns
    -------
    (2, H, W), true where a region may be used.
    """
    height, width = usable.shape
    if max(height, width) < 3 * patch_size:
        raise _too_small(height, width, patch_size)
    along = usable if height >= width else usable.T
    area = np.cumsum(along.sum(axis=1))
    middle = int(np.searchsorted(area, area[-1] / 2)) + 1
    first, second = along.copy(), along.copy()
    first[middle - patch_size // 2 :] = False
    second[: middle + patch_size - patch_size // 2] = False
    regions = np.stack([first, second])
    return regions if height >= width else regions.swapaxes(1, 2)


def _too_small(height: int, width: int, patch_size: int) -> InputError:
    return InputError(
        "frames",
        "",
        f"one field of view of {height} x {width} pixels is too small for patches of "
        f"{patch_size}; allowed: two fields or more, or {3 * patch_size} pixels along one side",
    )
