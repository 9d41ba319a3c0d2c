"""Patches with all that cross-fitting asks of them, and how some are set aside for stopping."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hil.information.densities.neural.coding import Alphabet, Values
from hil.information.sample.patches import tile_corners
from hil.information.sample.sample import Sample

Mask = NDArray[np.bool_]

_STOP_EVERY = 8  # of the fields that a fold learns from
_FIELDS_TO_SPARE = 4
_ROWS_TO_SPARE = 4  # of patches, where fields are too few
_CROPPED_VALUES = 2**22  # of all patches that overlap: enough to learn from, in 16 MB
_CLOSEST = 4  # of them to the side of a patch
_ATOM_SHARE = 1e-3
_ATOM_RATIO = 4


@dataclass(frozen=True, slots=True)
class PatchSet:
    """Patches of several fields of view.

    Parameters
    ----------
    y
        (F, T, D) ADU about any mean, D = p * p * C in raster order, channels of a pixel side by
        side; T patches a field, (repeats, down, across).
    fold
        (F,) fold of each field.
    p, channels
        Side of a patch, pixels, and channels.
    places
        (F, T, 2) or (1, T, 2) top and left of each patch in its frame, pixels.
    alphabet
        What values there are, about the same mean.
    labels
        (F,) class of each field, or None.
    crops
        (F, S, D) more patches of the same frames, between those in ``y`` and overlapping them: to
        learn from alone. None where frames are no larger than patches, masked or cut at corners
        that were asked for, or too few for fields of their own to stop by.
    """

    y: Values
    fold: NDArray[np.intp]
    p: int
    channels: int
    places: NDArray[np.intp]
    alphabet: Alphabet
    labels: NDArray[np.intp] | None = None
    crops: Values | None = None

    @classmethod
    def of(cls, sample: Sample) -> PatchSet:
        """Take the patches of a sample."""
        p, channels = sample.patch_size, sample.n_channels
        places = np.tile(sample.places, (1, sample.n_repeats, 1))
        return cls(_by_pixel(sample), sample.fold, p, channels, places, _alphabet(sample))

    def with_crops(self, sample: Sample) -> PatchSet:
        """Add `crops`, as close to each other as `_CROPPED_VALUES` allows."""
        fewest = min(int(np.count_nonzero(self.fold != fold)) for fold in range(self.n_folds))
        if sample.corners is not None or self.labels is not None or fewest < _FIELDS_TO_SPARE:
            return self
        for closer in (_CLOSEST, _CLOSEST // 2):
            corners = tile_corners(*sample.size, self.p, max(1, self.p // closer))
            n = sample.n_frames * len(corners)
            if self.y.shape[1] * sample.n_fields < n <= _CROPPED_VALUES // self.y.shape[2]:
                return replace(self, crops=_by_pixel(replace(sample, corners=corners[None])))
        return self

    @property
    def n_folds(self) -> int:
        """Number of folds."""
        return int(self.fold.max()) + 1

    def learning(self, fold: int) -> tuple[Mask, Mask]:
        """Split what a fold may learn from, in patches to fit and patches to stop by.

        By field. With fewer than four fields, by region: the lowest quarter of each frame stops
        and one row of patches between is left out. Frames of fewer than four rows of patches give
        every eighth patch, which stops late but is no less honest: the bound is taken elsewhere.

        Returns
        -------
        fit, stop: (F, T) each.
        """
        fields = np.flatnonzero(self.fold != fold)
        fit = np.zeros(self.y.shape[:2], dtype=bool)
        stop = np.zeros_like(fit)
        if fields.size >= _FIELDS_TO_SPARE:
            aside = np.zeros(fields.size, dtype=bool)
            aside[_STOP_EVERY // 2 :: _STOP_EVERY] = True
            aside[-1] |= not aside.any()
            fit[fields[~aside]] = True
            stop[fields[aside]] = True
            return fit, stop
        lines = self._lines()
        tops = np.unique(lines)
        if tops[-1] - tops[0] >= (_ROWS_TO_SPARE - 1) * self.p:
            first = tops[tops.size - tops.size // _ROWS_TO_SPARE]
            near = np.broadcast_to(lines, stop.shape)[fields]
            fit[fields] = near + 2 * self.p <= first
            stop[fields] = near >= first
        else:
            order = np.arange(fields.size * self.y.shape[1]).reshape(fields.size, -1)
            stop[fields] = order % _STOP_EVERY == _STOP_EVERY - 1
            fit[fields] = ~stop[fields]
        return fit, stop

    def to_fit(self, fit: Mask) -> Values:
        """(n, D) patches to learn from: those chosen by `learning`, and their fields' crops."""
        if self.crops is None:
            return self.y[fit]
        crops = self.crops[fit.any(axis=1)].reshape(-1, self.y.shape[2])
        both = np.concatenate([self.y[fit], crops])
        # scenes are looked for among the first ones: they have to be of all fields
        order: NDArray[np.intp] = np.random.default_rng(0).permutation(len(both))
        return both[order]

    def _lines(self) -> NDArray[np.intp]:
        """(F, T) or (1, T) place of each patch along the longer side of what patches cover."""
        extent = np.ptp(self.places, axis=(0, 1))
        lines: NDArray[np.intp] = self.places[..., int(extent[1] > extent[0])]
        return lines

    def classes(self, mask: Mask) -> NDArray[np.intp] | None:
        """Labels of the chosen patches, if there are any."""
        if self.labels is None:
            return None
        return np.broadcast_to(self.labels[:, None], mask.shape)[mask]


def _by_pixel(sample: Sample) -> Values:
    """(F, T, D) patches of a sample, channels of a pixel side by side."""
    y, channels = sample.patches, sample.n_channels
    if sample.discrete and channels > 1:
        # scaled channels would be integers no more
        y = (sample.raw_patches - sample.mean_adu).astype(np.float32)
    return y.reshape(*y.shape[:2], channels, -1).swapaxes(2, 3).reshape(y.shape)


def _alphabet(sample: Sample) -> Alphabet:
    if not sample.discrete:
        return Alphabet(False, -np.inf, np.inf)
    noises = [one.noise for one in sample.by_channel() if one.noise is not None]
    lowest = min((noise.lowest_adu for noise in noises), default=-np.inf)
    highest = max((noise.highest_adu for noise in noises), default=np.inf)
    raw = sample.raw_patches
    low, high = float(raw.min()), float(raw.max())
    # cameras clip where the noise model need not know: well capacity, fewer bits than the file's
    if _is_atom(raw, low, low + 1):
        lowest = low
    if _is_atom(raw, high, high - 1):
        highest = high
    return Alphabet(True, lowest - sample.mean_adu, highest - sample.mean_adu)


def _is_atom(values: NDArray[np.generic], end: float, next_to_end: float) -> bool:
    at_end = int(np.count_nonzero(values == end))
    beside = int(np.count_nonzero(values == next_to_end))
    return at_end > _ATOM_SHARE * values.size and at_end > _ATOM_RATIO * beside
