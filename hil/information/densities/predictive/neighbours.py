"""What is around a pixel: how much the errors of its earlier neighbours are, and how sure it is.

Classes of pixels are made of both, and every distribution and weight of the density is that of a
class.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Singles = NDArray[np.float32]
Integers = NDArray[np.intp]

_AROUND = (  # rows and columns to a neighbour that comes earlier, and its weight
    (0, -1, 1.0),
    (-1, 0, 1.0),
    (-1, -1, 0.7),
    (-1, 1, 0.7),
    (0, -2, 0.5),
    (-2, 0, 0.5),
)
_MOST = 8.0  # standard deviations at which an error counts as large as any
_SHARES = (0.2, 0.4, 0.6, 0.8, 0.95)
_LEVELS = (0.25, 0.75)  # shares of pixels whose predictions lie below
_SURE = (1.15, 2.0)  # standard deviations of a prediction, in the noise's
_TELLING = 2**14  # values, which say where classes part
N_ACTIVITIES = len(_SHARES) + 1
N_CLASSES = N_ACTIVITIES * (len(_SURE) + 1) * (len(_LEVELS) + 1)


def activity(e: Singles, p: int) -> tuple[Singles, NDArray[np.bool_]]:
    """Mean |e| of the earlier neighbours within the patch, (n, d); and where there are none, (d,).

    Parameters
    ----------
    e
        (n, d) errors over their standard deviations, channel by channel, row by row.
    p
        Patch size.
    """
    size = np.minimum(np.abs(e), np.float32(_MOST)).reshape(-1, p, p)
    total = np.zeros_like(size)
    weight = np.zeros((p, p), dtype=np.float32)
    for down, across, w in _AROUND:
        to_rows, from_rows = slice(-down, p), slice(0, p + down)
        to_columns = slice(max(0, -across), p - max(0, across))
        from_columns = slice(max(0, across), p - max(0, -across))
        total[:, to_rows, to_columns] += np.float32(w) * size[:, from_rows, from_columns]
        weight[to_rows, to_columns] += np.float32(w)
    alone = weight == 0
    total *= 1 / np.maximum(weight, np.float32(0.1))
    channels = e.shape[1] // (p * p)
    return total.reshape(e.shape), np.tile(alone.ravel(), channels)


@dataclass(frozen=True)
class Classes:
    """Classes of pixels by activity and by how sure a prediction is.

    Parameters
    ----------
    limits
        Activities that part the classes.
    levels
        (.., C) predictions that part them, of each channel.
    """

    limits: Singles
    levels: Singles

    @classmethod
    def fit(cls, value: Singles, e: Singles, p: int) -> Classes:
        """Part predictions (n, d) and their errors into shares of pixels."""
        some = slice(None, None, max(1, e.size // _TELLING))
        found, alone = activity(e[some], p)
        by_channel = value[some].reshape(found.shape[0], -1, p * p)
        levels = np.quantile(by_channel, _LEVELS, axis=(0, 2)).astype(np.float32)
        if alone.all():
            return cls(np.ones(len(_SHARES), dtype=np.float32), levels)
        return cls(np.quantile(found[:, ~alone], _SHARES).astype(np.float32), levels)

    def of(
        self, value: Singles, e: Singles, sd: Singles, p: int
    ) -> tuple[Integers, NDArray[np.bool_]]:
        """Class of each pixel, and whether its neighbours are active, both (n, d).

        Parameters
        ----------
        value, e, sd
            (n, d) predictions and errors, and (n, d) or (d,) standard deviations in the noise's.
        """
        found, alone = activity(e, p)
        kind = np.zeros(found.shape, dtype=np.uint8)  # bytes are quick to count in
        for limit in self.limits:
            kind += found > limit
        kind[:, alone] = 0
        active = kind >= N_ACTIVITIES // 2
        for limit in _SURE:
            kind += np.uint8(N_ACTIVITIES) * (sd > np.float32(limit))
        step = np.uint8(N_ACTIVITIES * (len(_SURE) + 1))
        for level in self.levels:
            kind += step * (value > np.repeat(level, p * p))
        return kind.astype(np.intp), active
