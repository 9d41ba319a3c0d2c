"""Patches from any place of frames, and at any angle: what smooth light looks like in between.

Patches that tile a few frames show it at as many places as there are of them. Smooth light is the
same a part of a pixel further on: it is read between pixels by cubic splines (Unser, IEEE Signal
Processing Magazine 1999). So a frame that is turned is another frame of the kind.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

Singles = NDArray[np.float32]
_ORDER: Final = 3


def patches_anywhere(
    frames: Singles, p: int, n: int, rng: np.random.Generator, *, turned: bool
) -> Singles:
    """(n, p p) patches of frames (F, H, W), each at a random place between pixels.

    Parameters
    ----------
    turned
        Whether each is at a random angle, too, and half of them mirrored.
    """
    from scipy.ndimage import map_coordinates, spline_filter

    count, height, width = frames.shape
    angle = rng.uniform(0, 2 * math.pi, n) if turned else np.zeros(n)
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    half = (p - 1) / 2
    down, across = (at.ravel() for at in np.mgrid[:p, :p] - half)
    if turned:
        across = across * rng.choice([-1, 1], n)[:, None]
    reach = half * (np.abs(cos) + np.abs(sin))
    # frames smaller than a turned patch are read beyond their edge, as mirrored there
    rows = reach + rng.random((n, 1)) * np.maximum(height - 1 - 2 * reach, 0)
    columns = reach + rng.random((n, 1)) * np.maximum(width - 1 - 2 * reach, 0)
    rows = rows + cos * down - sin * across
    columns = columns + sin * down + cos * across
    frame = rng.integers(count, size=n)
    result = np.empty((n, p * p), dtype=np.float32)
    for k in np.unique(frame):
        mine = frame == k
        at = [rows[mine].ravel(), columns[mine].ravel()]
        spline = spline_filter(frames[k], _ORDER)
        result[mine] = map_coordinates(
            spline, at, order=_ORDER, prefilter=False, mode="mirror"
        ).reshape(-1, p * p)
    return result
