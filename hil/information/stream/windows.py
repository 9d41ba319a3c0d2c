"""Windows spread evenly over a frame: a stratified sample of its pixels.

Of each k x k block of windows one is drawn, so that no part of the frame goes unseen; the variance
is that within blocks alone (Cochran, Sampling Techniques, 1977, chapter 5).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hil.errors import InputError

_SIDE_PATCHES = 4  # of a window: small windows spread well, large ones waste few pairs of pixels


def draw_windows(
    height: int, width: int, p: int, k: int, rng: np.random.Generator
) -> tuple[NDArray[np.intp], int]:
    """Draw one window of 4 x 4 patches out of each k x k.

    Parameters
    ----------
    height, width
        Of the frame, pixels.
    p
        Patch size, pixels.
    k
        1 / k^2 of the pixels are drawn.

    Returns
    -------
    corners
        (n, 2) top and left of each window.
    side
        Of a window, pixels.

    Raises
    ------
    InputError
        Where the frame has no k x k windows.
    """
    side = _SIDE_PATCHES * p
    down, across = height // (k * side), width // (k * side)
    if down == 0 or across == 0:
        raise InputError(
            "thinning",
            "",
            f"{k} asks for frames of {k * side} pixels a side or more, these have "
            f"{height} x {width}",
        )
    block = k * side
    # what is left over beyond the last block falls to another side each time
    margin = rng.integers(0, (height - down * block + 1, width - across * block + 1))
    first = np.stack(np.meshgrid(np.arange(down), np.arange(across), indexing="ij"), axis=-1)
    within = rng.integers(0, k, first.shape)
    corners = margin + first * block + within * side
    return corners.reshape(-1, 2), side


def cut_windows(
    frames: NDArray[np.generic], corners: NDArray[np.intp], side: int
) -> NDArray[np.generic]:
    """Cut windows from frames (n, H, W): (n * len(corners), side, side)."""
    views = np.lib.stride_tricks.sliding_window_view(frames, (side, side), axis=(1, 2))
    return views[:, corners[:, 0], corners[:, 1]].reshape(-1, side, side)
