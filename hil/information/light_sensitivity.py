"""How much information rises with light, from the frames of one trial.

I   : information, bits per value          L : light, any unit
S   : covariance of patches, d x d         l_k : its eigenvalues
N   : variance of the noise                N_0 : its part without light (read noise, rounding)
k   : share of the noise that is shot noise, 1 - N_0 / N

For Gaussian scenes in white noise I = 1/(2d) sum_k log2(l_k / N). The scene's part of l_k grows
with L^2 and the shot noise with L, so that

    dI / d ln L = (1 - k/2) / ln 2 * mean_k (1 - N / l_k)

It says how a trial's information changes when the same scene becomes a little darker, by bleaching
say: 0 where there is noise alone, 0.72 bit for an e-fold where every wave stands far above shot
noise, and twice that above read noise.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

_PATCH = 8
_MOST_PATCHES = 8192


def light_sensitivity_bits(frames: NDArray[Any], noise: Any, patch_size: int) -> float:
    """Compute dI / d ln L of one measurement.

    Parameters
    ----------
    frames
        (F, R, H, W), or (F, R, C, H, W) for channels, ADU.
    noise
        The noise model.
    patch_size
        Patches are no larger than this; 8 pixels suffice.

    Returns
    -------
    float
        Bits per value for an e-fold in light, at least 0; NaN where the noise model cannot say.
    """
    if hasattr(noise, "flatten"):
        frames, noise = noise.flatten(frames)
    if not hasattr(noise, "mean_variance_adu2"):
        return math.nan
    side = min(_PATCH, patch_size, *frames.shape[-2:])
    patches = _patches(frames, side)
    discrete = np.asarray(frames).dtype.kind in "ui"
    mean_adu = float(frames.mean(dtype=np.float64))
    dark_adu = float(np.mean(getattr(noise, "offset_adu", 0.0)))
    noise_adu2 = noise.mean_variance_adu2(mean_adu, discrete)
    dark_adu2 = min(noise.mean_variance_adu2(dark_adu, discrete), noise_adu2)
    if noise_adu2 <= 0:
        return math.nan
    shot = 1 - dark_adu2 / noise_adu2
    covariance = np.cov(patches, rowvar=False).reshape(side * side, side * side)
    waves = np.maximum(np.linalg.eigvalsh(covariance), noise_adu2)
    above = float(np.mean(1 - noise_adu2 / waves))
    return float((1 - shot / 2) * above / math.log(2))


def _patches(frames: NDArray[Any], side: int) -> NDArray[np.float64]:
    """(n, side * side) patches, evenly thinned."""
    flat = frames.reshape(-1, *frames.shape[-2:])
    down, across = flat.shape[1] // side, flat.shape[2] // side
    cut = flat[:, : down * side, : across * side]
    cut = cut.reshape(len(flat), down, side, across, side).swapaxes(2, 3)
    patches = cut.reshape(-1, side * side)
    step = max(1, len(patches) // _MOST_PATCHES)
    return patches[::step].astype(np.float64)
