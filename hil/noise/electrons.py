"""Light that a camera detected, from its frames and its noise model."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.noise.poisson import PoissonNoise


def counts_electrons(noise: object) -> bool:
    """Whether a noise model, or each of several, says what an ADU stands for, in electrons."""
    if isinstance(noise, tuple):
        return all(counts_electrons(one) for one in noise)
    return isinstance(noise, PoissonNoise) or hasattr(noise, "gain_e_per_adu")


def mean_electrons(frames: NDArray[Any], noise: Any) -> float:
    """Mean number of electrons that a pixel detected in one frame, background included.

    Parameters
    ----------
    frames
        ADU, any shape.
    noise
        A model for which `counts_electrons` is true; or one for each channel, of frames (F, R, C,
        H, W).

    Returns
    -------
    float
        Electrons (counts, X-ray photons) a pixel; after the amplification of an EM register, those
        before it.
    """
    if isinstance(noise, tuple):
        return float(np.mean([mean_electrons(frames[:, :, c], n) for c, n in enumerate(noise)]))
    mean_adu = float(frames.mean(dtype=np.float64))
    if isinstance(noise, PoissonNoise):
        return mean_adu
    gain_e_per_adu = float(np.mean(noise.gain_e_per_adu)) / float(getattr(noise, "em_gain", 1.0))
    return (mean_adu - float(np.mean(noise.offset_adu))) * gain_e_per_adu
