"""What a Gaussian makes of one pixel's distribution, against its histogram.

V : variance of all pixels, ADU^2, and F = max(V, the least that a model may have)
H : entropy of the histogram, nats per pixel

    gap = 1/2 ln(2 pi F) + V / (2 F) - H

Few photons, clipped pixels and skewed light all show here, with frames alone: a Gaussian family
then reports bits that are not there, or more than there are. H has the correction of Miller and
Madow (1955) for its number of cells.
"""

from __future__ import annotations

import math

import numpy as np

from hil.information.sample.sample import Sample

_PIXELS = 2**17
_CELLS_PER_SIGMA = 8


def gaussian_gap_bits(sample: Sample, least_variance_adu2: float) -> float:
    """Entropy of one pixel that a Gaussian adds to what the histogram says, bits.

    Parameters
    ----------
    sample
        Frames in ADU.
    least_variance_adu2
        Below which a model's variance may not lie.
    """
    pixels = sample.frames.reshape(-1)
    if sample.usable is not None:
        pixels = sample.pixels(sample.frames, np.arange(sample.n_fields))
    y = np.asarray(pixels[:: max(1, pixels.size // _PIXELS)], dtype=np.float64)
    cell = math.sqrt(sample.noise_variance_adu2) / _CELLS_PER_SIGMA
    if sample.discrete:
        cell = max(1.0, math.floor(cell))
    codes = np.floor((y - y.min()) / cell)
    count = np.unique(codes, return_counts=True)[1]
    share = count / y.size
    entropy = -float(share @ np.log(share)) + math.log(cell) + (count.size - 1) / (2 * y.size)
    variance = float(y.var())
    fitted = max(variance, least_variance_adu2)
    gaussian = 0.5 * math.log(2 * math.pi * fitted) + variance / (2 * fitted)
    return (gaussian - entropy) / math.log(2)
