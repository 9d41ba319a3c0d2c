"""A dark surround, as a field stop or a slit leaves it around what optics light.

Pixels that no light reaches tell nothing of the scene, and where they begin is the same in all
fields: neither counts. But a density learns from both together, and an edge between light and dark
passes for structure of scenes (0.1 to 0.3 bit where a stop of 0.42 of a frame's side was around a
flat field and a texture). So the largest rectangle within the light is estimated alone; what is lit
beside it counts as alike, and what is dark as nothing: bits per pixel times the share that is lit.

    cells  : squares of b pixels                L, v : darkest level of cells, and the noise there
    dark   : cells that differ from L, in all fields, by no more than the noise makes of them
    around : those of them that are connected with the frame's border
    light  : all others; of a stop they are one shape without gaps, along rows and columns

What differs from field to field is not dark, and is a scene: fewer than four fields say nothing.
Right within the edge there is light in all fields, or it is none: things stand here and there.
Where the edge is no sharp one the rectangle begins where light has risen to what it is within.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.information.sample.prepare import ChannelFrames
from hil.information.sample.rectangle import largest_rectangle
from hil.noise.corrected import CorrectedNoise

_FEW_FIELDS, _MOST_FIELDS = 4, 16
_CELLS, _LEAST_CELL = 48, 4  # along a frame's longer side, and pixels
_LEVEL_SHARE = 0.02  # of the cells, that are darker than what counts as dark
_DIFFERS = 0.2  # widths of a pixel's noise, by which dark cells may differ beyond theirs
_MORE_VARIANCE, _SIGMAS = 0.1, 5.0  # of the noise's, that dark pixels may have
_LEAST_SHARE, _LEAST_LIT = 0.05, 0.1  # of cells, that are dark, and lit
_LEAST_VARIANCE = 1 / 12  # codes squared: of what is rounded
_LEAST_LIGHT = 3.0  # widths of the noise in the dark
_LEAST_FILLED = 0.93  # of rows and columns between the first and the last lit cell
_RISEN = 0.9  # of the light within
_HALF = 0.5
_NEXT, _OFTEN = 2, 0.95  # cells within the edge, and how often there must be light in them
_MOST_RIM = 0.5  # of how far the middle is from the dark
_LEAST_PATCHES, _LEAST_IN_ALL = 3, 64  # along each side of the rectangle, and of all frames
_OF_LIT = frozenset({"held_out_bits", "in_sample_bits", "single_pixel_bits"})

Cells = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Surround:
    """What was found.

    Parameters
    ----------
    lit_share
        Of the pixels that light reaches.
    box
        Rows and columns of the rectangle that is estimated; None for all.
    """

    lit_share: float = 1.0
    box: tuple[slice, slice] | None = None

    def holds(self, patch_size: int, n_frames: int) -> bool:
        """Whether there are enough patches in the rectangle."""
        if self.box is None:
            return False
        down, across = (int(one.stop - one.start) // patch_size for one in self.box)
        return min(down, across) >= _LEAST_PATCHES and n_frames * down * across >= _LEAST_IN_ALL

    @property
    def flags(self) -> set[str]:
        """Give those of an estimate."""
        return set() if self.box is None else {"dark_surround"}

    def details(self) -> dict[str, Any]:
        """Give what of it an estimate states."""
        if self.box is None:
            return {}
        rows, columns = self.box
        lit = [rows.start, rows.stop, columns.start, columns.stop]
        return {"lit_share": self.lit_share, "lit_rows_and_columns": [int(end) for end in lit]}

    def of_all_pixels(self, details: Mapping[str, Any]) -> dict[str, Any]:
        """Spread what details state of lit pixels over all."""
        return {
            key: value * self.lit_share if key in _OF_LIT else value
            for key, value in details.items()
        }


def without_surround(
    channels: Sequence[ChannelFrames], patch_size: int
) -> tuple[list[ChannelFrames], Surround]:
    """Cut all channels to what is lit in one of them; of those with a mask nothing is asked."""
    found = _surround(channels, patch_size)
    if found.box is None:
        return list(channels), found
    return [_cut(channel, found.box) for channel in channels], found


def _surround(channels: Sequence[ChannelFrames], patch_size: int) -> Surround:
    every = [one for one in channels if not one.checked.constant]
    if not every or any(one.checked.usable is not None or one.converted for one in every):
        return Surround()
    n_fields, n_repeats, height, width = every[0].checked.frames.shape
    side = max(_LEAST_CELL, -(-max(height, width) // _CELLS))
    if n_fields < _FEW_FIELDS or min(height, width) < side * _CELLS // 6:
        return Surround()
    looks = [_look(one, side) for one in every]
    dark = np.logical_and.reduce([one for one, _, _ in looks])
    if not _LEAST_SHARE < dark.mean() < 1 - _LEAST_LIT:
        return Surround()
    around = _connected(dark)
    light, often = (np.max([one[k] for one in looks], axis=0) for k in (1, 2))
    if not _LEAST_SHARE < around.mean() or not _one_shape(~around):
        return Surround()
    found = _within(around, light, often, side, (height, width))
    return found if found.holds(patch_size, n_fields * n_repeats) else Surround()


def _look(channel: ChannelFrames, side: int) -> tuple[Cells, Floats, Floats]:
    """Which cells are dark, how much light all have, in widths of the noise, and how often any."""
    frames, noise = channel.checked.frames[:_MOST_FIELDS], channel.noise
    down, across = (length // side for length in frames.shape[-2:])
    cut = frames[..., : down * side, : across * side].astype(np.float32)
    cells = cut.reshape(-1, down, side, across, side)
    each = cells.mean(axis=(2, 4), dtype=np.float64)
    level = float(np.quantile(each.mean(axis=0), _LEVEL_SHARE))
    variance = max(noise.mean_variance_adu2(level, channel.checked.discrete), _LEAST_VARIANCE)
    light = (each.mean(axis=0) - level) / math.sqrt(variance)
    nothing = np.zeros((down, across), dtype=np.bool_)
    least = (_SIGMAS / side + _DIFFERS) * math.sqrt(variance)
    often = (each - level > least).mean(axis=0)
    if light.max() < _LEAST_LIGHT:
        return nothing, light, often
    n = len(each)
    chance = _SIGMAS * math.sqrt(2 / n)
    differs = ((each - level) ** 2).mean(axis=0) / variance
    alike = differs < (1 + chance) / side**2 + _DIFFERS**2
    if not alike.any():
        return nothing, light, often
    square = ((cells - np.float32(level)) ** 2).mean(axis=(0, 2, 4)) / variance
    return alike & (square < 1 + _MORE_VARIANCE + chance / side), light, often


def _connected(dark: Cells) -> Cells:
    from scipy.ndimage import label

    numbers, _ = label(dark)
    border = np.concatenate([numbers[0], numbers[-1], numbers[:, 0], numbers[:, -1]])
    return np.asarray(np.isin(numbers, np.unique(border[border > 0])))


def _one_shape(light: Cells) -> bool:
    """Whether there are no gaps in it, along rows and columns, to speak of."""
    for cells in (light, light.T):
        some = cells[cells.any(axis=1)]
        first, last = some.argmax(axis=1), some[:, ::-1].argmax(axis=1)
        between = some.shape[1] - last - first
        if some.sum() < _LEAST_FILLED * between.sum():
            return False
    return True


def _within(
    around: Cells, light: Floats, often: Floats, side: int, size: tuple[int, int]
) -> Surround:
    from scipy.ndimage import distance_transform_cdt

    # what is beyond the frame is neither dark nor light
    far = distance_transform_cdt(~around)
    middle = float(np.median(light[far > _HALF * far.max()]))
    if middle < _LEAST_LIGHT:
        return Surround()
    rim, most = 1, max(1, int(_MOST_RIM * far.max()))
    while rim < most and np.mean(light[far == rim]) < _RISEN * middle:
        rim += 1
    inside = (far > rim) & (far <= rim + _NEXT)
    if np.mean(light[far == rim]) < _RISEN * middle or not np.mean(often[inside]) > _OFTEN:
        return Surround()  # things that stand here and there
    at_rim = (far > 0) & (far <= rim)
    lit = float((far > rim).sum() + (light[at_rim] > _HALF * middle).sum()) / far.size
    rows, columns = largest_rectangle(far > rim)
    # whatever is left of cells at the end of frames belongs to the last
    box = tuple(
        slice(one.start * side, length if one.stop == n else one.stop * side)
        for one, n, length in zip((rows, columns), far.shape, size, strict=True)
    )
    return Surround(lit, (box[0], box[1]))


def _cut(channel: ChannelFrames, box: tuple[slice, slice]) -> ChannelFrames:
    frames = channel.checked.frames[..., *box]
    low, high = float(frames.min()), float(frames.max())
    noise = channel.noise
    own = noise.cropped(*box) if isinstance(noise, CorrectedNoise) else noise
    checked = replace(channel.checked, frames=frames, lowest_adu=low, highest_adu=high)
    return replace(channel, checked=checked, noise=own)
