"""Pictures that were compressed with loss, told by the steps that their blocks' waves come in.

c    : coefficient of one wave of the blocks of 8 x 8 pixels (JPEG, ITU-T T.81), over all blocks
s    : step to which it was rounded                       v_b : variance of a block's noise
R(s) : mean of cos(2 pi c / s), 1 where all are multiples of s

The characteristic function of a sum is the product of its parts', none of which is above 1. So of a
scene and independent noise, whatever the scene is,

    R(s) <= mean over blocks of exp(-2 pi^2 v_b / s^2)

but for chance, and nothing that is as it was counted is far above it. A picture that was rounded in
waves is, wherever blocks begin. What it loses below the noise does no harm: errors of s^2 / 12 in a
wave that the noise model does not know pass for 1/2 log2(1 + s^2 / (12 v)) of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats

_BLOCK: Final = 8
_WAVES: Final = ((1, 2), (4, 1), (3, 4), (6, 5))  # rows, columns: about as coarse as all are
_FIELDS, LOSSY_SIDE = 2, 128  # more say nothing else
_LEAST_BLOCKS = 100
_LEAST_NOISE_ADU2 = 4.0  # codes are steps themselves
_BINS, _BINS_A_WIDTH = 1024, 8
_FINEST, _COARSEST = 0.5, 4.0  # s, in widths of the noise
_BEYOND, _SIGMAS = 0.3, 4.5
_MOST_BITS = 0.01
_LEVELS = 64


@dataclass(frozen=True, slots=True)
class Lossy:
    """What was found.

    Parameters
    ----------
    bits
        Per pixel, that rounding of waves may pass for.
    step_adu
        The largest that was found; 0 where there is none.
    """

    bits: float = 0.0
    step_adu: float = 0.0

    @property
    def flags(self) -> set[str]:
        """Name what speaks against an estimate."""
        return {"noise_correlated"} if self.bits > _MOST_BITS else set()

    def details(self) -> dict[str, Any]:
        """Give what of it an estimate states."""
        if self.step_adu == 0:
            return {}
        return {"lossy_step_adu": self.step_adu, "lossy_bits": self.bits}


def look_for_blocks(images: NDArray[Any], noise_variance_adu2: Floats) -> Lossy:
    """Look at the waves of blocks.

    Parameters
    ----------
    images
        (n, H, W) ADU.
    noise_variance_adu2
        (n, H, W) about, of each pixel.
    """
    from scipy.fft import rfft

    n, height, width = (min(*both) for both in zip(images.shape, _MOST, strict=True))
    down, across = height // _BLOCK - 1, width // _BLOCK - 1
    if n * down * across < _LEAST_BLOCKS:
        return Lossy()
    seen = images[:n, : (down + 1) * _BLOCK, : (across + 1) * _BLOCK].astype(np.float32)
    blocks = noise_variance_adu2[:n, : down * _BLOCK, : across * _BLOCK]
    variance = blocks.reshape(n, down, _BLOCK, across, _BLOCK).mean(axis=(2, 4)).ravel()
    mean = float(variance.mean())
    if mean < _LEAST_NOISE_ADU2:
        return Lossy()
    width_adu = math.sqrt(mean)
    waves = np.arange(
        math.ceil(_BINS / _BINS_A_WIDTH / _COARSEST), int(_BINS / _BINS_A_WIDTH / _FINEST) + 1
    )
    steps = _BINS / _BINS_A_WIDTH / waves  # in widths
    some = np.quantile(variance, (np.arange(_LEVELS) + 0.5) / _LEVELS) / mean
    allowed = np.exp(-2 * math.pi**2 * np.outer(1 / steps**2, some)).mean(axis=1)
    found = []
    for rows, columns in _WAVES:
        c = _coefficients(seen, rows, columns) * (_BINS_A_WIDTH / width_adu)
        counts = _counted(np.rint(c).astype(np.intp), down, across)
        total = np.maximum(counts.sum(axis=1), 1)
        r = rfft(counts, axis=1)[:, waves].real / total[:, None]
        beyond = r - allowed - _BEYOND - _SIGMAS / np.sqrt(2 * total)[:, None]
        found.append(_step(beyond, r, steps))
    bits = float(np.mean([0.5 * math.log2(1 + step**2 / 12) for step in found]))
    return Lossy(bits, max(found) * width_adu)


_MOST: Final = (_FIELDS, LOSSY_SIDE, LOSSY_SIDE)


def _coefficients(images: NDArray[np.float32], rows: int, columns: int) -> NDArray[np.float32]:
    """(n, H - 7, W - 7) of the wave in the block that begins at each pixel."""
    at = (2 * np.arange(_BLOCK) + 1) * math.pi / (2 * _BLOCK)
    down, across = (
        (np.cos(k * at) * math.sqrt(2 / _BLOCK)).astype(np.float32) for k in (rows, columns)
    )
    every = np.lib.stride_tricks.sliding_window_view
    return np.asarray(every(every(images, _BLOCK, 1) @ down, _BLOCK, 2) @ across)


def _counted(c: NDArray[np.intp], down: int, across: int) -> Floats:
    """(64, bins) how often blocks that begin at the same place have a number, modulo all."""
    n = len(c)
    cut = c[:, : down * _BLOCK, : across * _BLOCK]
    apart = cut.reshape(n, down, _BLOCK, across, _BLOCK).transpose(2, 4, 0, 1, 3)
    places = apart.reshape(_BLOCK**2, -1)
    inside = np.abs(places) < _BINS // 2
    at = places % _BINS + _BINS * np.arange(_BLOCK**2)[:, None]
    counts = np.bincount(at[inside], minlength=_BLOCK**2 * _BINS)
    return counts.reshape(_BLOCK**2, _BINS).astype(np.float64)


def _step(beyond: Floats, r: Floats, steps: Floats) -> float:
    """Give the largest step, of the place that shows one most; 0 of none.

    Multiples of a step are multiples of half of it, too: the first peak is taken, of steps that
    fall.
    """
    place = beyond.max(axis=1).argmax()
    shows = np.flatnonzero(beyond[place] > 0)
    if not shows.size:
        return 0.0
    first = shows[: 1 + int((np.diff(shows) == 1).cumprod().sum())]
    return float(steps[first[r[place, first].argmax()]])
