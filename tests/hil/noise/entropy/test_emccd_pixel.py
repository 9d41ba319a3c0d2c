"""P(y | lambda) of one EMCCD pixel: a distribution of twice the shot noise."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.noise.entropy.emccd_pixel import EmccdPixel

# gain 20 e/ADU behind a register of 300: 600 half electrons to an ADU's slope
PIXEL = EmccdPixel(20 / 600, 100, 40 / 600, 65535)


def test_it_is_a_distribution_with_twice_the_shot_noise() -> None:
    half = np.array([0.25, 1.0, 5.0])  # half electrons: of 0.5, 2 and 10 electrons
    edges = PIXEL.group_edges(0, 3000, PIXEL.stabilised(0))
    probability = PIXEL.probabilities(half, edges)
    assert probability.sum(axis=1) == pytest.approx(1, abs=1e-9)
    y = (edges[1:] + edges[:-1]) / 2
    mean = probability @ y
    assert mean == pytest.approx(100 + 2 * half * 300 / 20, rel=2e-3)
    variance = probability @ y**2 - mean**2
    assert variance == pytest.approx(
        2 * 2 * half * (300 / 20) ** 2 + (40 / 20) ** 2 + 1 / 12, rel=0.02
    )


def test_no_electron_is_read_noise_alone_with_its_share() -> None:
    edges = np.array([-0.5, 90.5, 110.5, 65535.5])
    dark = PIXEL.probabilities(np.array([0.0]), edges)[0]
    assert dark[1] == pytest.approx(1, abs=1e-4)
    some = PIXEL.probabilities(np.array([0.05]), edges)[0]
    assert some[1] > math.exp(-0.1)  # none of 0.1 electrons, or few ADU of one
