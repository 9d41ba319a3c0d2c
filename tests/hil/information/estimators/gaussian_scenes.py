"""White Gaussian scenes in white noise: 1/2 log2(1 + S/N) bits per pixel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NOISE_ADU = 10.0


def white_frames(scene_adu: float) -> NDArray[np.float64]:
    """Draw (8, 1, 64, 64) frames of a scene of this standard deviation."""
    rng = np.random.default_rng(4)
    scene = rng.normal(500, scene_adu, (8, 1, 64, 64))
    return scene + rng.normal(0, NOISE_ADU, scene.shape)
