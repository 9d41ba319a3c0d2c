"""The quietest parts of single frames, whether noise there is white: a filter that sharpens.

Cameras that sharpen subtract from each pixel some of its neighbours: noise of neighbours goes
against each other, and is more than it is said to be. Where optics have blurred a scene its
spectrum shows that (`spectrum`); scenes as sharp as the pixels fill the spectrum themselves. But
most have parts without detail. Blocks that differ least about their smooth light, for the noise
that their brightness has, are those, and which of them are taken says nothing of how neighbours go.

    r = P y, y (64,) a block, P the projection on what is neither a quadratic surface nor a mosaic
    of colours (of 2 x 2 pixels)      s = r' N r / r' r, N the sum over pairs of neighbours

White noise has E[s] = tr(P N) / tr(P). Scenes that show through have more: light goes with its
neighbour's. Only waves of less than three pixels have less, which hardly any optics let through.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from hil.noise.model import NoiseModel

QUIET_SIDE, QUIET_FIELDS = 160, 8
_BLOCK = 8
_QUIETEST, _FEWEST = 0.1, 128  # share of the blocks, and how many at least
_BRIGHTNESSES = 33
_SURE = 4.0  # standard errors
_MOST_NOISE = 8.0  # times what is said: more is no noise


@dataclass(frozen=True, slots=True)
class QuietBlocks:
    """What quiet blocks show.

    Parameters
    ----------
    correlation
        Of neighbours, less what white noise has.
    se
        Its standard error.
    over
        Variance over that of the noise; below 1 for white noise, as these are the quietest.
    """

    correlation: float = 0.0
    se: float = math.inf
    over: float = 0.0

    @property
    def flags(self) -> set[str]:
        """Name what speaks against the noise model."""
        against = self.correlation < -_SURE * self.se
        return {"noise_correlated"} if against and self.over < _MOST_NOISE else set()


def look_at_quiet_blocks(images: NDArray[np.generic], noise: NoiseModel) -> QuietBlocks:
    """Look at single frames; nothing is said of few blocks.

    Parameters
    ----------
    images
        (n, H, W) ADU, of different fields.
    noise
        Tells the variance (ADU^2) that a block's mean has.
    """
    n, height, width = images.shape
    down, across = height // _BLOCK, width // _BLOCK
    if n * down * across < _FEWEST:
        return QuietBlocks()
    cut = images[:, : down * _BLOCK, : across * _BLOCK]
    blocks = cut.reshape(n, down, _BLOCK, across, _BLOCK).swapaxes(2, 3)
    y = blocks.reshape(-1, _BLOCK**2).astype(np.float32)
    mean = y.mean(axis=1, dtype=np.float64)
    y -= mean[:, None].astype(np.float32)
    projection, neighbours, white = _projected()
    r = y @ projection
    variance = np.einsum("ij,ij->i", r, r, dtype=np.float64) / np.trace(projection)
    at = np.quantile(mean, np.linspace(0, 1, _BRIGHTNESSES))
    said = [noise.mean_variance_adu2(float(one), True) for one in at]
    over = variance / np.maximum(np.interp(mean, at, said), np.finfo(np.float64).tiny)
    varied = np.flatnonzero(variance > 0)
    if varied.size < _FEWEST:
        return QuietBlocks()
    take = max(_FEWEST, int(_QUIETEST * varied.size))
    quietest = varied[np.argpartition(over[varied], take - 1)[:take]]
    r = r[quietest]
    each = np.einsum("ij,ij->i", r @ neighbours, r) / variance[quietest] - white
    pairs = neighbours.sum()
    se = float(each.std(ddof=1)) / math.sqrt(take) / pairs
    return QuietBlocks(float(each.mean() / pairs), se, float(over[quietest].mean()))


@cache
def _projected() -> tuple[NDArray[np.float32], NDArray[np.float32], float]:
    """P, N (64, 64), and tr(P N)."""
    row, column = (axis.ravel() for axis in np.mgrid[:_BLOCK, :_BLOCK])
    y, x = ((axis - axis.mean()) / _BLOCK for axis in (row, column))
    mosaic = [(row % 2 == i) & (column % 2 == j) for i in (0, 1) for j in (0, 1)]
    smooth = np.column_stack([*mosaic, y, x, y * x, y**2, x**2]).astype(np.float64)
    basis, _ = np.linalg.qr(smooth)
    projection = np.eye(_BLOCK**2) - basis @ basis.T
    apart = np.abs(np.subtract.outer(row, row)) + np.abs(np.subtract.outer(column, column))
    neighbours = np.triu(apart == 1).astype(np.float32)
    return projection.astype(np.float32), neighbours, float(np.trace(projection @ neighbours))
