"""The stabilising transform increases everywhere, and makes noise of width one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hil.noise import (
    CameraNoise,
    PoissonNoise,
    XrayNoise,
)
from hil.noise.anscombe import Stabiliser, variance_of_counts


@pytest.mark.parametrize(
    "noise", [PoissonNoise(), CameraNoise(0.5, 100, 1.6), XrayNoise(40, 200, 15)], ids=repr
)
@pytest.mark.parametrize("light", [4.0, 30.0, 1000.0])
def test_stabilised_noise_has_standard_deviation_one(
    noise: PoissonNoise | CameraNoise, light: float
) -> None:
    y = noise.sample(np.full(100_000, light), np.random.default_rng(0))
    assert noise.stabilised(y, True).std() == pytest.approx(1, abs=0.05)
    four = noise.sample(np.full((4, 50_000), light), np.random.default_rng(1)).mean(axis=0)
    assert noise.stabilised(four, True, 4).std() == pytest.approx(0.5, abs=0.02)


@settings(max_examples=100, deadline=None)
@given(
    st.floats(0.01, 50),
    st.floats(0, 500),
    st.lists(st.floats(-1e4, 1e5), min_size=2, max_size=8, unique=True),
)
def test_the_transform_increases_everywhere(a: float, b: float, y: list[float]) -> None:
    stabiliser = Stabiliser(100.0, a, b)
    points = np.array(sorted(y))
    points = points[np.r_[True, np.diff(points) > 1e-3]]
    assert (np.diff(stabiliser.forward(points)) > 0).all()
    step = 1e-2
    slope = (stabiliser.forward(points + step) - stabiliser.forward(points - step)) / (2 * step)
    smooth = np.abs(points - 100) > 2 * step
    assert slope[smooth] == pytest.approx(stabiliser.derivative(points)[smooth], rel=1e-2, abs=1e-7)


@pytest.mark.parametrize("read_variance_e2", [0.0, 0.3, 4.0])
def test_the_variance_of_few_counts_is_that_of_draws(read_variance_e2: float) -> None:
    light, rng = np.array([0.01, 0.3, 2.0, 20.0, 100.0]), np.random.default_rng(2)
    drawn = rng.poisson(light, (200_000, 5)) + rng.normal(0, read_variance_e2**0.5, (200_000, 5))
    t = Stabiliser(0.0, 1.0, read_variance_e2).forward(drawn)
    assert variance_of_counts(light, read_variance_e2) == pytest.approx(t.var(axis=0), rel=0.04)
