"""What the frames say against the estimate made from them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.information.diagnostics.difference_sums import DifferenceSums
from hil.information.diagnostics.lossy import LOSSY_SIDE, Lossy, look_for_blocks
from hil.information.diagnostics.noise_check import NoiseCheck, check_differences
from hil.information.diagnostics.spectrum import (
    SPECTRUM_SIDE,
    Sharpness,
    sharpness,
    spectrum_window,
)
from hil.information.diagnostics.spikes import SpikeLimit
from hil.information.sample.checks import CheckedFrames
from hil.information.sample.field_groups import field_groups
from hil.noise.model import NoiseModel

_SIDE = 512  # pixels: tests of noise need no more of a frame
_SHARE_BELOW_DARK = 1e-3
_MISSING_VARIANCE = 0.1
_SIGMAS = 4.0
_MOST_CLIPPED = 1e-3  # share of the pixels
_THINNED = 3  # rows and columns of which one tells the mean of the noise
_SPECTRA = 16  # fields, of which spectra are taken
_FIELDS = 64  # more say nothing new about a fixed pattern


def saturated_share(checked: CheckedFrames, noise: NoiseModel, saturation_adu: float) -> float:
    """Share of pixels at or above ``saturation_adu``, or cut off at the dark end."""
    share = 0.0
    if checked.highest_adu >= saturation_adu:
        share += float(np.mean(checked.pixels >= saturation_adu))
    unsigned = checked.frames.dtype.kind == "u" and not noise.needs_integers
    if (noise.clips_low or unsigned) and checked.lowest_adu <= 0:
        share += float(np.mean(checked.pixels <= 0))
    return share


def check_noise(checked: CheckedFrames, noise: NoiseModel) -> NoiseCheck | None:
    """Test the noise model against repeats; None without them."""
    frames = middle(checked.frames)
    if frames.shape[1] < 2:
        return None
    mean_adu, usable, sums = checked.mean_adu, middle_mask(checked), DifferenceSums()
    limit = spike_limit(checked, noise)
    for group in field_groups(frames):
        sums += DifferenceSums.of(about(frames[group], mean_adu), usable, mean_adu, limit)
    clipped = 0.0
    if checked.highest_adu >= noise.highest_adu:
        clipped = float(np.mean(checked.pixels >= noise.highest_adu))
    return check_differences(sums, noise, checked.discrete, clipped)


def look_at_spectrum(checked: CheckedFrames, noise: NoiseModel) -> Sharpness:
    """Look at the spectrum of single frames, over the mean variance of their noise.

    Of frames that clip nothing is said: their noise is cut off.
    """
    if saturated_share(checked, noise, noise.highest_adu) > _MOST_CLIPPED:
        return Sharpness()
    frames = checked.frames[:_SPECTRA, 0]
    levels = np.linspace(checked.lowest_adu, max(checked.highest_adu, checked.lowest_adu + 1), 64)
    variance = [noise.mean_variance_adu2(float(at), checked.discrete) for at in levels]
    thinned = tuple(slice(None, min(side, SPECTRUM_SIDE), _THINNED) for side in frames.shape[1:])
    some = frames[:, *thinned]
    each = np.interp(some, levels, variance)
    # light is not alike everywhere, nor is its noise, and the window takes the middle's
    window = spectrum_window(*frames.shape[1:])[thinned] ** 2
    if not window.any():  # frames of a few pixels: only their edges are left
        window = np.ones_like(window)
    window /= window.sum()
    mean = float(each.mean(axis=0).ravel() @ window.ravel())
    # what no light leaves is above the darkest that noise makes of it
    light = float(some.mean(axis=0, dtype=np.float64).ravel() @ window.ravel()) - noise.darkest_adu
    return sharpness(about(frames, checked.mean_adu), mean, light)


def look_at_blocks(checked: CheckedFrames, noise: NoiseModel) -> Lossy:
    """Look for pictures that were compressed with loss."""
    frames = middle(checked.frames[:, 0], LOSSY_SIDE)
    levels = np.array([checked.lowest_adu, checked.highest_adu])
    ends = [noise.mean_variance_adu2(float(at), checked.discrete) for at in levels]
    return look_for_blocks(frames, np.interp(frames, levels, ends))


def spike_limit(checked: CheckedFrames, noise: NoiseModel) -> SpikeLimit:
    """Tell how far noise may make repeats of these frames differ."""
    return SpikeLimit.of(noise, checked.lowest_adu, checked.highest_adu, checked.discrete)


def impossible_noise(checked: CheckedFrames, noise: NoiseModel) -> bool:
    """Whether single frames contradict the noise model.

    Pixels darker than read noise can make them, or a total variance below that of the noise.
    """
    frames, usable = middle(checked.frames), middle_mask(checked)
    total, size = 0.0, 0
    for group in field_groups(frames):
        pixels = frames[group] if usable is None else frames[group][..., usable]
        deviation = about(pixels, checked.mean_adu).reshape(-1)
        total += float(np.dot(deviation, deviation))
        size += deviation.size
    if size == 0:
        return too_dark(dark_share(checked, noise))
    predicted = noise.mean_variance_adu2(checked.mean_adu, checked.discrete)
    return too_dark(dark_share(checked, noise)) or too_quiet(total / size, predicted, size)


def dark_share(checked: CheckedFrames, noise: NoiseModel) -> float:
    """Share of pixels darker than read noise can make them."""
    if checked.lowest_adu >= noise.darkest_adu:
        return 0.0
    return float(np.mean(checked.pixels < noise.darkest_adu))


def too_dark(share: float) -> bool:
    """Whether such a share contradicts the noise model."""
    return share > _SHARE_BELOW_DARK


def too_quiet(variance_adu2: float, predicted_adu2: float, n_pixels: float) -> bool:
    """Whether pixels vary less, in space, than their noise alone must."""
    return variance_adu2 < predicted_adu2 * (
        1 - _MISSING_VARIANCE - _SIGMAS * math.sqrt(2 / n_pixels)
    )


def fixed_pattern_variance(
    mean: NDArray[np.float32], usable: NDArray[np.bool_] | None = None
) -> tuple[float, float]:
    """Variance that all fields share pixel by pixel, in units of its standard error too.

    The products of different fields, mean over pixels, average to the variance of what is the same
    in them (a U-statistic); their scatter says how much of that is chance. Frames are differenced
    along rows first, which leaves pixel response and hot pixels and takes most of the scene.

    Parameters
    ----------
    mean
        (n, h, w) mean over repeats of each field, less a fixed value.
    usable
        (h, w), true where pixels may be used; None for all.

    Returns
    -------
    variance, ADU^2, of the pattern, and its ratio to the standard error. Zeros with fewer than 4
    fields.
    """
    n = mean.shape[0]
    if n < 4:
        return 0.0, 0.0
    differences = np.diff(mean, axis=2)
    if usable is not None:
        differences = differences[:, usable[:, :-1] & usable[:, 1:]]
    sharp = differences.reshape(n, -1)
    if sharp.shape[1] == 0:
        return 0.0, 0.0
    sharp -= sharp.mean(axis=1, keepdims=True)
    gram = sharp @ sharp.T / sharp.shape[1]
    pairs = gram[np.triu_indices(n, 1)]
    spread = float(pairs.std(ddof=1)) / math.sqrt(pairs.size)
    # a difference of two pixels holds twice the variance of each
    shared = float(pairs.mean())
    return max(shared / 2, 0.0), shared / spread if spread > 0 else 0.0


def fixed_pattern(
    mean: NDArray[np.float32],
    noise_variance_adu2: float,
    usable: NDArray[np.bool_] | None = None,
) -> tuple[bool, float]:
    """Whether a fixed pattern shows, and the bits per pixel that it can pass for.

    White Gaussian pattern of variance V in noise of variance N looks like 1/2 log2(1 + V/N).
    ``mean`` and ``usable`` are as in `fixed_pattern_variance`.
    """
    variance, significance = fixed_pattern_variance(mean, usable)
    bits = 0.5 * math.log2(1 + variance / noise_variance_adu2) if noise_variance_adu2 > 0 else 0.0
    return significance > _SIGMAS and bits > 0.005, bits


def field_means(checked: CheckedFrames) -> NDArray[np.float32]:
    """(n, h, w) mean over repeats of the middle of the first 64 fields, less the overall mean."""
    frames = middle(checked.frames)[:_FIELDS]
    groups = field_groups(frames)
    return np.concatenate([about(frames[group], checked.mean_adu).mean(axis=1) for group in groups])


def about(frames: NDArray[Any], mean_adu: float) -> NDArray[np.float32]:
    """Subtract ``mean_adu`` before going to single precision, so that nothing is lost."""
    wide = np.float64 if frames.dtype.itemsize > 2 else np.float32
    return np.asarray(np.subtract(frames, wide(mean_adu), dtype=wide), dtype=np.float32)


def middle_mask(checked: CheckedFrames) -> NDArray[np.bool_] | None:
    """(h, w) usable pixels in the middle of the frames; None for all."""
    return None if checked.usable is None else middle(checked.usable)


def middle(frames: NDArray[Any], side: int = _SIDE) -> NDArray[Any]:
    """Cut (..., H, W) to the ``side`` pixels in the middle, where they are more."""
    height, width = frames.shape[-2:]
    top, left = max(0, (height - side) // 2), max(0, (width - side) // 2)
    return frames[..., top : top + side, left : left + side]
