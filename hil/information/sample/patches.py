"""Which patches an estimate is made from: size, stride, chance, and pixels to keep out.

`cut_patches` stacks chosen patches of a field to one narrow frame, p pixels wide, in which the
estimators find them again, one below the other; all patches of a field so stay together in folds
and intervals.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hil.errors import InputError
from hil.information.sample.checks import check_patch_size


def patch_corners(
    height: int,
    width: int,
    patch_size: int,
    *,
    stride: int | None = None,
    mask: ArrayLike | None = None,
    n: int | None = None,
    rng: np.random.Generator | None = None,
) -> NDArray[np.intp]:
    """Choose places of patches.

    Parameters
    ----------
    stride
        Pixels from one to the next, down and across; None tiles without overlap. Patches that
        overlap are not new data, yet they use pixels that tiles cut apart.
    mask
        (height, width), true where pixels may be used: a region of interest, without dead pixels.
        Patches that touch others are left out.
    n
        At most so many, drawn at random; None for all.
    rng
        What ``n`` are drawn with.

    Returns
    -------
    (k, 2) top and left of each, row by row.

    Raises
    ------
    InputError
        Where no patch is left.
    """
    p = patch_size
    corners = tile_corners(height, width, p, stride)
    if mask is not None:
        usable = check_mask(mask, height, width)
        corners = corners[_unusable(usable, p)[corners[:, 0], corners[:, 1]] == 0]
        if len(corners) == 0:
            raise InputError("mask", "", f"leaves no patch of {p} x {p} pixels")
    if n is not None and n < len(corners):
        if n < 1 or rng is None:
            raise InputError("n", "", f"{n}; allowed: an integer from 1, and a generator with it")
        corners = corners[np.sort(rng.permutation(len(corners))[:n])]
    return corners


def tile_corners(height: int, width: int, p: int, stride: int | None = None) -> NDArray[np.intp]:
    """(k, 2) corners of patches that tile a frame, centred, or lie ``stride`` pixels apart."""
    step = p if stride is None else stride
    if isinstance(step, bool) or not isinstance(step, (int, np.integer)) or step < 1:
        raise InputError("stride", "", f"{stride!r}; allowed: an integer from 1")
    tops, lefts = np.arange(0, height - p + 1, step), np.arange(0, width - p + 1, step)
    if stride is None:
        tops, lefts = tops + height % p // 2, lefts + width % p // 2
    return np.stack(np.meshgrid(tops, lefts, indexing="ij"), axis=-1).reshape(-1, 2)


def covering(height: int, width: int, most: int) -> int:
    """Give the patch size, half of ``most`` to all of it, that leaves least of a frame out."""

    def covered(p: int) -> int:
        return (height // p) * (width // p) * p * p

    return max(range(max(1, most // 2), most + 1), key=lambda p: (covered(p), p))


def check_mask(mask: object, height: int, width: int) -> NDArray[np.bool_]:
    """Check that a mask is bool, of the frame's shape, and leaves pixels."""
    usable = np.asarray(mask)
    if usable.dtype != np.bool_ or usable.shape != (height, width):
        raise InputError(
            "mask",
            "",
            f"is {usable.dtype} of shape {usable.shape}; allowed: bool, {height} x {width}",
        )
    if not usable.any():
        raise InputError("mask", "", "leaves no pixel; allowed: true where pixels may be used")
    return usable


def cut_at(frames: NDArray[Any], p: int, corners: NDArray[np.intp]) -> NDArray[Any]:
    """Cut patches from frames (..., H, W): (..., k, p, p)."""
    views = np.lib.stride_tricks.sliding_window_view(frames, (p, p), axis=(-2, -1))
    return views[..., corners[:, 0], corners[:, 1], :, :]


def cut_patches(frames: ArrayLike, patch_size: int, corners: NDArray[np.intp]) -> NDArray[Any]:
    """Stack patches of each frame.

    Parameters
    ----------
    frames
        (n, height, width), (n_fields, n_repeats, height, width) or with channels before height.
    corners
        (k, 2), of `patch_corners`.

    Returns
    -------
    array like ``frames``, of k p x p pixels: frames for `estimate_information` with this
    ``patch_size``.
    """
    array = np.asarray(frames)
    check_patch_size(array, patch_size)
    p = patch_size
    return np.concatenate([array[..., t : t + p, left : left + p] for t, left in corners], axis=-2)


def _unusable(usable: NDArray[np.bool_], p: int) -> NDArray[np.intp]:
    """(height - p + 1, width - p + 1) number of pixels of each patch that may not be used."""
    summed = np.pad(~usable, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    result: NDArray[np.intp] = summed[p:, p:] - summed[:-p, p:] - summed[p:, :-p] + summed[:-p, :-p]
    return result
