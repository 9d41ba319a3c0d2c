"""Whether two frames of one scene differ by noise, or by what moved or faded."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.rig.guards.known_noise import KnownNoise

_LEAST = 0.25


def differ_by_noise(one: NDArray[Any], other: NDArray[Any], noise: KnownNoise) -> bool:
    """Whether two frames differ, from pixel to pixel, by a quarter of the known variance or more.

    The difference of neighbours in the difference of two frames has four times the variance of the
    noise; bleaching and drift of a smooth scene leave almost none of it.
    """
    if one.shape != other.shape or one.shape[-1] < 2:
        return not np.array_equal(one, other)
    steps = np.diff(one.astype(np.float64) - other, axis=-1)
    own = [image.variance_adu2(float(part.mean())) for part, image in noise.each(one)]
    expected = 4 * sum(own) / len(own)
    return float(np.mean(steps**2)) >= _LEAST * expected > 0
