"""The largest rectangle of pixels that may all be used."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def largest_rectangle(cells: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Find the rows and columns of the most cells (H, W), all of them true; empty where none is."""
    best, found = 0, (slice(0, 0), slice(0, 0))
    above = np.zeros(cells.shape[1], dtype=np.intp)  # true cells in a column down to this row
    for row, own in enumerate(cells):
        above = np.where(own, above + 1, 0)
        for height in np.unique(above[above > 0]):
            ends = np.flatnonzero(np.diff(np.concatenate([[0], above >= height, [0]])))
            starts, stops = ends[::2], ends[1::2]
            widest = int(np.argmax(stops - starts))
            area = int(height) * int(stops[widest] - starts[widest])
            if area > best:
                rows = slice(row + 1 - int(height), row + 1)
                best, found = area, (rows, slice(int(starts[widest]), int(stops[widest])))
    return found
