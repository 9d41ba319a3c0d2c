"""Scenes of two levels, edges sharper than a pixel, seen through optics that blur them.

What a blurred frame holds is at most what the sharp one does, but for what the optics bring into a
patch from around it. Where its map is not found, the blurred one reads higher than that: rows give
by how much more than the sharp one, patches of 16, eight frames of 128 x 128, 1,000 e on 4,000 e.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.ndimage import gaussian_filter

from benchmarks.estimator_cases.table import Row
from hil.information import estimate_information
from hil.noise import CameraNoise

DEFAULT_SEEDS = 3
CAMERA = CameraNoise(1.0, 100, 1.6)
SHAPE = (8, 1, 128, 128)
BLURS = (0.7, 1.0, 1.5)


def rows(n_seeds: int) -> Iterator[Row]:
    """Give readings of blurred scenes less those of the sharp ones."""
    for length in (1.0, 2.0, 4.0):
        bits = np.array([_bits(length, seed) for seed in range(n_seeds)])
        for blur, found in zip(BLURS, (bits[:, 1:] - bits[:, :1]).T, strict=True):
            yield Row(
                f"two levels, grain of {length:g} pixels, blurred by {blur:g}, less the sharp one",
                float(found.mean()),
                float(found.std()),
                0.0,
                note=f"sharp {bits[:, 0].mean():.3f}",
            )


def _bits(length: float, seed: int) -> list[float]:
    rng = np.random.default_rng(seed)
    white = gaussian_filter(rng.standard_normal(SHAPE), (0, 0, length, length), mode="wrap")
    light = np.where(white > 0, 4000.0, 1000.0)
    found = []
    for blur in (0.0, *BLURS):
        seen = gaussian_filter(light, (0, 0, blur, blur), mode="wrap") if blur else light
        frames = CAMERA.sample(seen, rng)
        found.append(estimate_information(frames, CAMERA, "predictive", 16).bits_per_pixel)
    return found
