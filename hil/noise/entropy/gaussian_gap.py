"""What a Gaussian read at integers has beyond the noise's own entropy."""

from __future__ import annotations

import math

import numpy as np

from drivers.types import Floats

LEAST_DISCRETE_VARIANCE_ADU2 = 0.35  # below, a density read at integers sums to more than 1


def gaussian_gap_nats(h_nats: Floats, variance_adu2: Floats) -> Floats:
    """Entropy that a Gaussian, read at integers, has beyond another of the same variance.

    Parameters
    ----------
    h_nats, variance_adu2
        Entropy and variance of distributions of one pixel, of any shape.
    """
    fitted = np.maximum(variance_adu2, LEAST_DISCRETE_VARIANCE_ADU2)
    result: Floats = 0.5 * (np.log(2 * math.pi * fitted) + variance_adu2 / fitted) - h_nats
    return result
