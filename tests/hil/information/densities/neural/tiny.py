"""A network so small that a test trains it, and frames that it learns from."""

from __future__ import annotations

import math

import numpy as np

from hil.information.densities.neural.coding import Alphabet
from hil.information.densities.neural.network import NetworkShape
from hil.information.densities.neural.training import Schedule
from hil.information.sample.sample import Sample

P = 4
TINY = NetworkShape(P, features=4, layers=1, units=8, components=2, reach=2)
SHORT = Schedule(steps=24, batch_pixels=1024, check_every=8, patience=2)
REAL = Alphabet(discrete=False, lowest=-math.inf, highest=math.inf)


def template_frames(n: int, seed: int) -> tuple[np.ndarray, float]:
    """Ten known scenes in noise of sigma 10, and an upper bound on their bits per pixel."""
    rng = np.random.default_rng(seed)
    scenes = 25 * rng.standard_normal((10, P, P))
    chosen = rng.integers(10, size=n)
    return scenes[chosen] + rng.normal(0, 10, (n, P, P)), math.log2(10) / P**2


def sample_of(frames: np.ndarray, seed: int = 0) -> Sample:
    return Sample(frames[:, None], P, float(frames.mean()), 100.0, False, seed=seed)
