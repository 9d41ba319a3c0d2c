"""What the frames say against the estimate made from them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.information.checks import CheckedFrames
from hil.information.noise_model import NoiseModel

Floats = NDArray[np.float64]

_SIDE = 512  # pixels: tests of noise need no more of a frame
_CORRELATION = 0.02  # of neighbours; errs the result by 0.0006 bit, less than anything else
_SHARE_BELOW_DARK = 1e-3
_MISSING_VARIANCE = 0.1
_SIGMAS = 4.0


@dataclass(frozen=True, slots=True)
class NoiseCheck:
    """Noise as the differences of successive repeats show it.

    Parameters
    ----------
    variance_ratio
        Measured over predicted temporal variance.
    error_bits
        1/2 |log2 ratio|: by how much the entropy of the noise is wrong.
    uncertainty_bits
        Standard error of ``error_bits`` from the number of differences.
    correlation
        The larger of the two lag-1 correlations, along rows and along columns.
    correlation_se
        Standard error of the correlation for independent pixels.
    """

    variance_ratio: float
    error_bits: float
    uncertainty_bits: float
    correlation: float
    correlation_se: float

    def mismatch(self, half_width_bits: float) -> bool:
        """Whether the noise model is wrong by more than the interval admits."""
        allowed = half_width_bits if math.isfinite(half_width_bits) else 0.0
        return self.error_bits > allowed + _SIGMAS * self.uncertainty_bits

    @property
    def correlated(self) -> bool:
        """Whether noise of neighbouring pixels goes together: filtering, row noise."""
        return abs(self.correlation) > _CORRELATION + _SIGMAS * self.correlation_se


def saturated_share(checked: CheckedFrames, noise: NoiseModel, saturation_adu: float) -> float:
    """Share of pixels at or above ``saturation_adu``, or cut off at the dark end."""
    share = 0.0
    if checked.highest_adu >= saturation_adu:
        share += float(np.mean(checked.frames >= saturation_adu))
    unsigned = checked.frames.dtype.kind == "u" and not noise.needs_integers
    if (noise.clips_low or unsigned) and checked.lowest_adu <= 0:
        share += float(np.mean(checked.frames <= 0))
    return share


def check_noise(checked: CheckedFrames, noise: NoiseModel) -> NoiseCheck | None:
    """Test the noise model against repeats; None without them.

    Differences of successive repeats hold twice the noise's variance and none of the scene.
    """
    frames = _middle(checked.frames)
    if frames.shape[1] < 2:
        return None
    difference = np.diff(_about(frames, checked.mean_adu), axis=1)
    square = float(np.mean(np.square(difference), dtype=np.float64))
    predicted = noise.mean_variance_adu2(checked.mean_adu, checked.discrete)
    ratio = square / 2 / predicted if predicted > 0 else math.inf
    # successive differences share a frame: as good as 2/3 of as many independent ones
    independent = difference.size * 2 / 3
    error = abs(0.5 * math.log2(ratio)) if 0 < ratio < math.inf else math.inf
    along = difference[..., :, :-1] * difference[..., :, 1:]
    down = difference[..., :-1, :] * difference[..., 1:, :]
    products = [float(np.mean(product, dtype=np.float64)) for product in (along, down)]
    strongest = max(products, key=abs)
    return NoiseCheck(
        variance_ratio=ratio,
        error_bits=error,
        uncertainty_bits=0.5 * math.sqrt(2 / independent) / math.log(2),
        correlation=strongest / square if square > 0 else 0.0,
        correlation_se=1 / math.sqrt(independent),
    )


def impossible_noise(checked: CheckedFrames, noise: NoiseModel) -> bool:
    """Whether single frames contradict the noise model.

    Pixels darker than read noise can make them, or a total variance below that of the noise.
    """
    if checked.lowest_adu < noise.darkest_adu:
        below = float(np.mean(checked.frames < noise.darkest_adu))
        if below > _SHARE_BELOW_DARK:
            return True
    frames = _middle(checked.frames)
    deviation = _about(frames, checked.mean_adu).reshape(-1)
    variance = float(np.dot(deviation, deviation)) / deviation.size
    predicted = noise.mean_variance_adu2(checked.mean_adu, checked.discrete)
    error = math.sqrt(2 / frames.size)
    return variance < predicted * (1 - _MISSING_VARIANCE - _SIGMAS * error)


def fixed_pattern_variance(checked: CheckedFrames) -> tuple[float, float]:
    """Variance that all fields share pixel by pixel, in units of its standard error too.

    The products of different fields, mean over pixels, average to the variance of what is the same
    in them (a U-statistic); their scatter says how much of that is chance. Frames are differenced
    along rows first, which leaves pixel response and hot pixels and takes most of the scene.

    Returns
    -------
    variance, ADU^2, of the pattern, and its ratio to the standard error. Zeros with fewer than 4
    fields.
    """
    frames = _middle(checked.frames)
    n = min(frames.shape[0], 64)
    if n < 4:
        return 0.0, 0.0
    mean = _about(frames[:n], checked.mean_adu).mean(axis=1)
    sharp = np.diff(mean, axis=2).reshape(n, -1)
    sharp -= sharp.mean(axis=1, keepdims=True)
    gram = sharp @ sharp.T / sharp.shape[1]
    pairs = gram[np.triu_indices(n, 1)]
    spread = float(pairs.std(ddof=1)) / math.sqrt(pairs.size)
    # a difference of two pixels holds twice the variance of each
    shared = float(pairs.mean())
    return max(shared / 2, 0.0), shared / spread if spread > 0 else 0.0


def fixed_pattern(checked: CheckedFrames, noise_variance_adu2: float) -> tuple[bool, float]:
    """Whether a fixed pattern shows, and the bits per pixel that it can pass for.

    White Gaussian pattern of variance V in noise of variance N looks like 1/2 log2(1 + V/N).
    """
    variance, significance = fixed_pattern_variance(checked)
    bits = 0.5 * math.log2(1 + variance / noise_variance_adu2) if noise_variance_adu2 > 0 else 0.0
    return significance > _SIGMAS and bits > 0.005, bits


def _about(frames: NDArray[Any], mean_adu: float) -> NDArray[np.float32]:
    """Subtract ``mean_adu`` before going to single precision, so that nothing is lost."""
    wide = np.float64 if frames.dtype.itemsize > 2 else np.float32
    return np.asarray(np.subtract(frames, wide(mean_adu), dtype=wide), dtype=np.float32)


def _middle(frames: NDArray[Any]) -> NDArray[Any]:
    height, width = frames.shape[2:]
    top, left = max(0, (height - _SIDE) // 2), max(0, (width - _SIDE) // 2)
    return frames[:, :, top : top + _SIDE, left : left + _SIDE]
