"""How much information rises with light, from the frames of one trial.

I   : information, bits per value          L : light, any unit
S   : covariance of n patches, d x d       N : variance of the noise
N_0 : its part without light (read noise, rounding)
k   : share of the noise that is shot noise, 1 - N_0 / N

For Gaussian scenes in white noise I = 1/(2d) log2 det(S / N). The scene's part of S grows with L^2
and the shot noise with L, so that

    dI / d ln L = (1 - k/2) / ln 2 * (1 - N tr(S^-1) / d)

The inverse of a sample covariance is too large by (n - 1) / (n - d - 2) (inverse Wishart
distribution). It says how a trial's information changes when the same scene becomes a little
darker, by bleaching say: 0 where there is noise alone, 0.72 bit for an e-fold where every wave
stands far above shot noise, and twice that above read noise.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

_PATCH = 8
_MOST_PATCHES = 8192
_PATCHES_A_PIXEL = 4


def light_sensitivity_bits(frames: NDArray[Any], noise: Any, patch_size: int) -> float:
    """Compute dI / d ln L of one measurement.

    Parameters
    ----------
    frames
        (F, R, H, W), or (F, R, C, H, W) for channels, ADU.
    noise
        The noise model, or one for each channel.
    patch_size
        Patches are no larger than this; 8 pixels suffice.

    Returns
    -------
    float
        Bits per value for an e-fold in light, at least 0; NaN where the noise model cannot say.
    """
    if isinstance(noise, tuple):
        images = [(frames[:, :, c], own) for c, own in enumerate(noise)]
        return float(np.mean([light_sensitivity_bits(*one, patch_size) for one in images]))
    if hasattr(noise, "flatten"):
        frames, noise = noise.flatten(frames)
    if not hasattr(noise, "mean_variance_adu2"):
        return math.nan
    patches = _patches(frames, min(_PATCH, patch_size))
    discrete = np.asarray(frames).dtype.kind in "ui"
    mean_adu = float(frames.mean(dtype=np.float64))
    dark_adu = float(np.mean(getattr(noise, "offset_adu", 0.0)))
    noise_adu2 = noise.mean_variance_adu2(mean_adu, discrete)
    dark_adu2 = min(noise.mean_variance_adu2(dark_adu, discrete), noise_adu2)
    if noise_adu2 <= 0:
        return math.nan
    shot = 1 - dark_adu2 / noise_adu2
    n, d = patches.shape
    precision = np.linalg.inv(np.cov(patches, rowvar=False).reshape(d, d))
    above = 1 - noise_adu2 * float(np.trace(precision)) / d * (n - d - 2) / (n - 1)
    return float((1 - shot / 2) * max(above, 0.0) / math.log(2))


def _patches(frames: NDArray[Any], side: int) -> NDArray[np.float64]:
    """(n, d) patches, evenly thinned; smaller ones where there would be few."""
    flat = frames.reshape(-1, *frames.shape[-2:])
    while side > 1 and flat.size < _PATCHES_A_PIXEL * side**4:
        side //= 2
    down, across = flat.shape[1] // side, flat.shape[2] // side
    cut = flat[:, : down * side, : across * side]
    cut = cut.reshape(len(flat), down, side, across, side).swapaxes(2, 3)
    patches = cut.reshape(-1, side * side)
    step = max(1, len(patches) // _MOST_PATCHES)
    return patches[::step].astype(np.float64)
