"""Patches from any place of frames, and at any angle: what smooth light looks like in between.

Patches that tile a few frames show it at as many places as there are of them. Smooth light is the
same a part of a pixel further on: it is read between pixels by cubic splines (Unser, IEEE Signal
Processing Magazine 1999). So a frame that is turned is another frame of the kind.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats

Singles = NDArray[np.float32]
_ORDER: Final = 3


class Places(NamedTuple):
    """Places of patches between pixels.

    Parameters
    ----------
    middles
        (n, 2) row and column.
    rows, columns
        (n, p p) of their pixels.
    """

    middles: Floats
    rows: Floats
    columns: Floats

    @classmethod
    def drawn(
        cls, size: tuple[int, ...], p: int, n: int, rng: np.random.Generator, *, turned: bool
    ) -> Places:
        """Draw n places in a frame; see `patches_anywhere`."""
        height, width = size
        angle = rng.uniform(0, 2 * math.pi, n) if turned else np.zeros(n)
        cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
        half = (p - 1) / 2
        down, across = (at.ravel() for at in np.mgrid[:p, :p] - half)
        if turned:
            across = across * rng.choice([-1, 1], n)[:, None]
        reach = half * (np.abs(cos) + np.abs(sin))
        # frames smaller than a turned patch are read beyond their edge, as mirrored there
        row = reach + rng.random((n, 1)) * np.maximum(height - 1 - 2 * reach, 0)
        column = reach + rng.random((n, 1)) * np.maximum(width - 1 - 2 * reach, 0)
        rows = row + cos * down - sin * across
        columns = column + sin * down + cos * across
        return cls(np.concatenate([row, column], axis=1), rows, columns)

    def read(self, frame: Singles, some: NDArray[np.bool_] | slice) -> Singles:
        """Patches of some of the places, (n, p p), of a frame (H, W)."""
        from scipy.ndimage import map_coordinates, spline_filter

        rows = self.rows[some]
        at = [rows.ravel(), self.columns[some].ravel()]
        spline = spline_filter(frame, _ORDER)
        read = map_coordinates(spline, at, order=_ORDER, prefilter=False, mode="mirror")
        return np.asarray(read.reshape(rows.shape), dtype=np.float32)


def patches_anywhere(
    frames: Singles, p: int, n: int, rng: np.random.Generator, *, turned: bool
) -> Singles:
    """(n, p p) patches of frames (F, H, W), each at a random place between pixels.

    Parameters
    ----------
    turned
        Whether each is at a random angle, too, and half of them mirrored.
    """
    places = Places.drawn(frames.shape[1:], p, n, rng, turned=turned)
    frame = rng.integers(len(frames), size=n)
    result = np.empty((n, p * p), dtype=np.float32)
    for k in np.unique(frame):
        mine = frame == k
        result[mine] = places.read(frames[k], mine)
    return result
