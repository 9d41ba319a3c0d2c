"""How likely it is that two noisy pixels of the same light read the same.

v : variance of a pixel, ADU^2, 1/12 of rounding included       s^2 = v - 1/12
d : codes from one electron to the next, 1 where noise hides them

Two draws of a rounded Gaussian of standard deviation s agree with probability 1 / (2 sqrt(pi) s),
and surely where s is small; that is at most a tenth too much, the safe side. Where read noise
leaves single electrons apart, s counts in electrons: for a Poisson mean lambda the exact
probability is exp(-2 lambda) I_0(2 lambda), and the Gaussian's is within 10 % of it above
lambda = 1, and 1, too much and so on the safe side, below 0.08. Pixels that clip agree surely.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.rig.guards.known_noise import KnownNoise

_NODES = 33
_ROUNDING = 1 / 12

# Frames that agree by chance more rarely than this, in the life of a session, do not agree by it.
BY_NO_CHANCE = -12.0


def log10_agree(pixels: NDArray[Any], noise: KnownNoise, clip_adu: int) -> Floats:
    """Probability of each pixel that another draw of it agrees, as a logarithm to base 10.

    Parameters
    ----------
    pixels
        Of any shape, ADU; each stands for its own mean.
    noise
        The camera's.
    clip_adu
        Pixels from here on clip, and those at 0.

    Returns
    -------
    array of the same shape, at most 0.
    """
    low, high = float(pixels.min()), float(pixels.max())
    nodes = np.linspace(low, high, _NODES) if high > low else np.array([low])
    step = max(noise.electron_adu, 1.0)
    at_nodes = [_log10_same(noise.variance_adu2(float(node)), step) for node in nodes]
    result: Floats = np.interp(pixels, nodes, at_nodes)
    result[(pixels >= clip_adu) | (pixels <= 0)] = 0.0
    return result


def _log10_same(variance_adu2: float, step_adu: float) -> float:
    sigma = math.sqrt(max(variance_adu2 - _ROUNDING, 0.0)) / step_adu
    return min(0.0, -math.log10(2 * math.sqrt(math.pi) * sigma)) if sigma > 0 else 0.0
