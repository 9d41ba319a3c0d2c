"""Pixels that are the camera's for certain: in all fields alike, or in one repeat alone."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.information.diagnostics.spikes import SpikeLimit
from hil.information.spikes.isolated import (
    EIGHT,
    SINGLE,
    Isolated,
    expected,
    isolated,
    joined,
    nothing,
    surroundings,
)

Singles = NDArray[np.float32]

_SURER = 1.2  # than of single frames: what few scenes have in common by chance is more
_SAME = 0.3  # of the mean height, that each field has of a hot pixel
_SPREAD = 5.0  # standard errors over fields
_TELLING = 8191  # pixels, that tell how far others differ; prime, so that they are in all columns
_MEDIAN_TO_SD = 1.4826
_MOST_AVERAGED = 16  # frames whose noise averages out as it should
_COUNTED = 2**18  # differences of codes of 16 bits, and a few more
_MOST_SHARE = 0.04  # of a frame's pixels that differ from its repeats: more is no exception
_MOST_TOGETHER = 2  # of nine pixels: more is something that moves


def in_all_fields(frames: NDArray[Any], limit: SpikeLimit) -> Isolated:
    """Find pixels that stand alone, in the same way, in all fields (F, R, H, W)."""
    fields, repeats, height, width = frames.shape
    n = fields * repeats
    flat = frames.reshape(n, height, width)
    mean = flat.mean(axis=0, dtype=np.float64).astype(np.float32)
    share = _SURER * SINGLE / min(n, _MOST_AVERAGED) ** 0.5
    spots = isolated(mean[None], limit, share, rough=False)
    if not len(spots):
        return nothing()
    at = np.stack([np.repeat(np.arange(n), len(spots)), *(np.tile(one, n) for one in spots.at[1:])])
    level = expected(surroundings(flat, at))
    d = flat[tuple(at)].astype(np.float32) - level
    heights = d.reshape(fields, repeats, len(spots)).mean(axis=1)
    centre = heights.mean(axis=0)
    own = heights.std(axis=0, ddof=1)  # of few fields, and so small by chance now and then
    se = np.maximum(own, _scenes_sd(frames)) / fields**0.5
    same = (heights * np.sign(centre) > _SAME * np.abs(centre)).all(axis=0)
    same &= np.abs(centre) > _SPREAD * se
    return Isolated(at, d, level).some(np.tile(same, n))


def _scenes_sd(frames: NDArray[Any]) -> float:
    """How far pixels of a field differ from what is around them: standard deviation, by median."""
    means = frames.mean(axis=1, dtype=np.float32)
    some = np.linspace(0, means.size - 1, min(means.size, _TELLING)).astype(np.intp)
    at = np.stack(np.unravel_index(some, means.shape))
    d = means[tuple(at)] - expected(surroundings(means, at))
    return float(_MEDIAN_TO_SD * np.median(np.abs(d)))


def in_one_repeat(frames: NDArray[Any], limit: SpikeLimit) -> Isolated:
    """Find pixels that one repeat of (F, R, H, W) has and the others do not."""
    fields, repeats = frames.shape[:2]
    found = []
    for f in range(fields):
        own = frames[f].astype(np.float32)
        common = _common(own)
        for r in range(repeats):
            others = [s for s in range(repeats) if s != r]
            one = _differing(own[r], own[others], common[r, others], limit)
            if len(one):
                one.at[0] = f * repeats + r
                found.append(one)
    return joined(found)


def _common(repeats: Singles) -> Singles:
    """(R, R) medians of the differences of repeats (R, H, W): of a lamp that flickers."""
    n = len(repeats)
    common = np.zeros((n, n), dtype=np.float32)
    for r, s in combinations(range(n), 2):
        common[r, s] = median(repeats[r] - repeats[s])
        common[s, r] = -common[r, s]
    return common


def median(values: Singles) -> float:
    """Give the median; whole numbers of a camera's range are counted, which is quicker.

    Parameters
    ----------
    values
        Of any shape, not empty.
    """
    low = values.min()
    places = values - low
    if not places.max() < _COUNTED:  # also where one is no number
        return float(np.median(values))
    whole = places.astype(np.intp)
    if (whole != places).any():
        return float(np.median(values))
    up_to = np.bincount(whole.reshape(-1)).cumsum()
    middle = np.searchsorted(up_to, [(values.size - 1) // 2, values.size // 2], side="right")
    return float(low) + float(middle.mean())


def _differing(image: Singles, others: Singles, common: Singles, limit: SpikeLimit) -> Isolated:
    """Find pixels of (H, W) that differ from all of ``others`` (R - 1, H, W), but for ``common``.

    Nearly all pixels are told by the least that noise allows at any level, without a look at their
    own.
    """
    least = np.float32((1 - 1e-6) * limit.limit.min())
    d = np.abs(image - others[0] - common[0])
    far = np.flatnonzero(d > least)
    for other, shift in zip(others, common, strict=True):
        level = other.reshape(-1)[far]
        d = np.abs(image.reshape(-1)[far] - level - shift)
        far = far[d > np.interp(level, limit.adu, limit.limit)]
    if not 0 < far.size <= _MOST_SHARE * image.size:
        return nothing()
    row, column = np.divmod(far, image.shape[1])
    at = np.stack([np.zeros_like(row), row, column])
    crowd = np.zeros(image.shape, dtype=bool)
    crowd[row, column] = True
    kept = 1 + surroundings(crowd[None], at)[EIGHT].sum(axis=0) <= _MOST_TOGETHER
    mine, level = image[row, column], np.median(others[:, row, column], axis=0)
    if len(others) == 1:  # whose it is, the neighbours tell
        own, theirs = (
            np.abs(pixels - expected(surroundings(one[None], at)))
            for one, pixels in ((image, mine), (others[0], level))
        )
        kept &= own > theirs
    return Isolated(at, mine - level, level).some(kept)
