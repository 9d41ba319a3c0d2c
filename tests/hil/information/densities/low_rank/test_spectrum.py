"""Eigenvalues of few frames of many values, against populations that are known."""

from __future__ import annotations

import numpy as np
import pytest

from hil.information.densities.low_rank.spectrum import (
    PopulationSpectrum,
    spectrum,
    wishart_bias_nats,
)


def drawn(n: int, values: int, powers: np.ndarray, seed: int = 0) -> PopulationSpectrum:
    """PopulationSpectrum of ``n`` frames with these powers above noise of 1, in directions of chance."""
    rng = np.random.default_rng(seed)
    directions = np.linalg.qr(rng.standard_normal((values, len(powers))))[0]
    frames = rng.standard_normal((n, values))
    frames += (rng.standard_normal((n, len(powers))) * np.sqrt(powers)) @ directions.T
    frames -= frames.mean(axis=0)
    return spectrum(np.linalg.eigvalsh(frames @ frames.T / (n - 1)), values, n - 1)


@pytest.mark.parametrize(
    ("n", "values", "powers"),
    [
        (300, 1024, np.geomspace(1e4, 2, 20)),
        (300, 1024, np.geomspace(1e4, 0.1, 60)),
        (60, 4096, np.full(5, 1000.0)),
        (300, 256, np.full(30, 5.0)),
        (300, 100, np.geomspace(100, 0.1, 100)),
        (300, 600, np.ones(600)),
        (300, 1024, np.zeros(1)),
    ],
)
def test_half_the_log_determinant(n: int, values: int, powers: np.ndarray) -> None:
    truth = 0.5 * np.log1p(powers).sum()
    found = [drawn(n, values, powers, seed).information_nats for seed in range(4)]
    sampling = np.sqrt(len(powers) / (2 * n)) + 0.5  # of ln det itself, nats a frame
    assert abs(np.mean(found) - truth) < 0.0015 * values + sampling


def test_noise_alone_has_no_spikes() -> None:
    for seed in range(10):
        found = drawn(100, 900, np.zeros(1), seed)
        assert len(found.spikes) <= 1
        assert abs(found.information_nats) < 2.0


def test_a_spike_is_what_it_is_without_the_spread_of_noise() -> None:
    found = drawn(200, 2000, np.array([400.0, 100.0]), 3)
    assert len(found.spikes) == 2
    assert found.sample[1] > found.spikes[1] + 8  # what noise of 2,000 directions adds
    assert found.spikes == pytest.approx([401, 101], rel=0.25)
    # the direction is known as well as theory says: 1 - gamma / s^2 over 1 + gamma / s
    assert found.cosines2[1] == pytest.approx((1 - 10 / 100**2) / (1 + 10 / 100), abs=0.03)


def test_more_light_never_tells_less() -> None:
    rng = np.random.default_rng(5)
    directions = np.linalg.qr(rng.standard_normal((500, 12)))[0]
    scene = (rng.standard_normal((150, 12)) * np.geomspace(8, 0.5, 12)) @ directions.T
    noise = rng.standard_normal((150, 500))
    told = []
    for light in np.geomspace(0.05, 30, 40):
        frames = light * scene + noise
        frames -= frames.mean(axis=0)
        eigenvalues = np.linalg.eigvalsh(frames @ frames.T / 149)
        told.append(spectrum(eigenvalues, 500, 149).information_nats)
    steps = np.diff(told)
    assert steps.min() > -0.5  # nats of a frame of 500 values: where a direction begins to be seen
    assert told[-1] > told[0] + 20


def test_wishart_bias_is_that_of_the_log_determinant() -> None:
    rng = np.random.default_rng(0)
    found = []
    for _ in range(400):
        frames = rng.standard_normal((41, 12))
        found.append(0.5 * np.linalg.slogdet(np.cov(frames.T))[1] + wishart_bias_nats(40, 12))
    assert abs(np.mean(found)) < 4 * np.std(found) / 20
