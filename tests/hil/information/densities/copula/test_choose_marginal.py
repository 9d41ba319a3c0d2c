"""Which distribution of single pixels is chosen."""

from __future__ import annotations

import math

import numpy as np

from hil.information.estimators import find_estimator
from hil.information.sample.sample import Sample


def test_combs_are_not_smoothed_away() -> None:
    rng = np.random.default_rng(9)
    frames = 4 * rng.poisson(50, (8, 1, 96, 96))
    entropy = find_estimator("copula").cross_entropy(Sample(frames, 8, 200.0, 800.0, discrete=True))
    gaussian_on_every_adu = 0.5 * math.log(2 * math.pi * math.e * 800)
    assert entropy.corrected_nats.mean() < gaussian_on_every_adu - 1.2
