"""Scenes of few levels behind optics, of which a density may know the spectrum alone.

P(f) : power of single frames at a spatial frequency, over that of noise        S = P - 1
z    : frames filtered by S / P / S^(a / 2): what optics left, evened out, as noise allows
k    : excess kurtosis of z, mean over blocks of a frame

Whatever is added up of many independent things is more like a normal distribution than they are:
optics hide two levels, or a few, that make up much less information than their spectrum would. What
is evened out shows them again: k is negative, -2 of two levels, and 0 of a Gaussian process
whatever its spectrum; scenes of details that stand apart, edges and points, have more of large
values, and k is positive. So are scenes of levels that are rare. A few waves (fringes) are no
Gaussian process either, and are left out by how few they are.

A density that takes the levels for what they are reads far less than 1/2 log2 P, mean over
frequencies, which is the information of a Gaussian process of that spectrum.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats

LEVELS_FIELDS, LEVELS_SIDE = 8, 128  # more say nothing else
_LEAST_SIDE = 40
_BLOCKS: Final = (32, 64)  # pixels; light that varies over a frame makes larger values of it
_EVENED: Final = (0.5, 1.0)  # a
_SMOOTHED = 5  # frequencies
_SHOWS, _COARSEST = 0.5, 0.02  # S, and cycles per pixel, from which z has them
_EDGE = 8  # pixels that filters see beyond
_FINE, _SHARP = (0.1, 0.2), 0.38  # cycles per pixel
_MOST_SHARP = (
    0.5  # of S at the first of these, at the other: pixels of levels of their own are seen
)
_FEWEST_WAVES = 120.0  # in a frame
_MOST_KURTOSIS, _SURE_KURTOSIS, _SIGMAS = -0.35, -0.15, 4.0
_LEAST_BITS, _LEAST_SHARE = 0.1, 0.45  # of the estimate, and of what a Gaussian process has


@dataclass(frozen=True, slots=True)
class Levels:
    """What frames show of levels.

    Parameters
    ----------
    kurtosis, se
        k, the lowest of all filters and blocks, and its standard error; 0 where it cannot be told.
    gaussian_bits
        Bits per pixel that a Gaussian process of the same spectrum has.
    """

    kurtosis: float = 0.0
    se: float = 0.0
    gaussian_bits: float = 0.0

    def unseen(self, bits_per_pixel: float) -> bool:
        """Whether there are levels, of which an estimate knows little more than the spectrum."""
        there = (
            self.kurtosis < _MOST_KURTOSIS and self.kurtosis + _SIGMAS * self.se < _SURE_KURTOSIS
        )
        much = max(_LEAST_BITS, _LEAST_SHARE * self.gaussian_bits)
        return there and much < bits_per_pixel < math.inf

    def flags(self, bits_per_pixel: float) -> set[str]:
        """Name what speaks against an estimate."""
        return {"levels_blurred"} if self.unseen(bits_per_pixel) else set()

    def details(self) -> dict[str, Any]:
        """Give what an estimate states."""
        return {"evened_kurtosis": self.kurtosis} if self.kurtosis < _MOST_KURTOSIS else {}


def look_for_levels(
    images: NDArray[np.float32], noise_variance_adu2: float, bits_per_pixel: float
) -> Levels:
    """Look at images (n, H, W), less a fixed value.

    Parameters
    ----------
    noise_variance_adu2
        Mean, of their pixels.
    bits_per_pixel
        The estimate: where there is little of it, nothing is looked for.
    """
    if min(images.shape[1:]) < _LEAST_SIDE or noise_variance_adu2 <= 0:
        return Levels()
    if not _LEAST_BITS < bits_per_pixel < math.inf:
        return Levels()
    from scipy.fft import irfft2, rfft2

    shape = images.shape[1:]
    about = images - images.mean(axis=(1, 2), keepdims=True)
    s, both = _beyond_noise(about, noise_variance_adu2)
    gaussian = float((np.log2(1 + s) * both).sum()) / 2 / shape[0] / shape[1]
    f = np.hypot(np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1]))
    fine = s[(f >= _FINE[0]) & (f < _FINE[1])].mean()
    shown = np.where((s < _SHOWS) | (f < _COARSEST), 0, s)
    if not shown.any() or s[f >= _SHARP].mean() > _MOST_SHARP * fine:
        return Levels(gaussian_bits=gaussian)
    waves = rfft2(about)
    powers = waves.real**2 + waves.imag**2
    found = [(0.0, 0.0)]
    for a in _EVENED:
        passed = shown / (1 + shown) * np.maximum(shown, _SHOWS) ** (-a / 2)
        passed = passed.astype(np.float32)
        each = (powers * passed**2).astype(np.float64)
        power = each.mean(axis=0)
        # of exponentially distributed powers, the mean square is twice the squared mean
        n_waves = float(np.median(2 * _number(each, both)))
        if n_waves < _FEWEST_WAVES:
            continue
        z = irfft2(waves * passed, s=shape)[:, _EDGE:-_EDGE, _EDGE:-_EDGE]
        alike = float(_number(power[None], both)[0]) / (shape[0] * shape[1])
        found.extend(_kurtosis(z, side, alike) for side in _BLOCKS)
    kurtosis, se = min(found, key=lambda one: one[0] + _SIGMAS * one[1])
    return Levels(kurtosis, se, gaussian)


def _beyond_noise(images: NDArray[np.float32], noise: float) -> tuple[Floats, Floats]:
    """S (H, W / 2 + 1), smoothed, and how many frequencies each of its numbers stands for."""
    from scipy.fft import rfft2
    from scipy.ndimage import uniform_filter

    height, width = images.shape[1:]
    window = np.multiply.outer(np.hanning(height + 1)[:-1], np.hanning(width + 1)[:-1])
    seen = rfft2(images * window.astype(np.float32))
    power = (seen.real**2 + seen.imag**2).mean(axis=0, dtype=np.float64)
    power = uniform_filter(power / (noise * (window**2).sum()), _SMOOTHED, mode=("wrap", "nearest"))
    both = np.full(power.shape, 2.0)
    both[:, 0] = 1
    if width % 2 == 0:
        both[:, -1] = 1
    return np.maximum(power - 1, 0), both


def _number(power: Floats, both: Floats) -> Floats:
    """(n,) of frequencies that make up most of powers (n, H, W / 2 + 1)."""
    total = (power * both).sum(axis=(1, 2))
    return np.asarray(total**2 / ((power**2 * both).sum(axis=(1, 2)) + 1e-300))


def _kurtosis(z: NDArray[np.float32], side: int, alike: float) -> tuple[float, float]:
    """K of blocks, and its standard error; ``alike`` is the share of independent pixels."""
    down, across = (max(1, length // side) for length in z.shape[1:])
    height, width = (min(side, length) for length in z.shape[1:])
    cut = z[:, : down * height, : across * width].reshape(len(z), down, height, across, width)
    blocks = cut.swapaxes(2, 3).reshape(-1, height * width)
    squares = (blocks - blocks.mean(axis=1, keepdims=True)) ** 2
    second = squares.mean(axis=1, dtype=np.float64)
    fourth = (squares**2).mean(axis=1, dtype=np.float64)
    each = fourth / np.maximum(second**2, 1e-300) - 3
    # of n independent numbers it is low by 6 / (n + 1)
    unbiased = float(each.mean()) + 6 / (alike * height * width + 1)
    return unbiased, float(each.std()) / math.sqrt(len(each))
