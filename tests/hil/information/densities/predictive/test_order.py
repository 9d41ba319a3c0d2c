"""Light drawn out to one side is foretold from its head."""

from __future__ import annotations

import numpy as np
import pytest

from hil.information.densities.predictive.linear import LinearPredictor
from hil.information.densities.predictive.order import better_backwards, turned, turned_predictor

P = 8
LAGS = np.abs(np.subtract.outer(np.arange(P**2) // P, np.arange(P**2) // P)) + np.abs(
    np.subtract.outer(np.arange(P**2) % P, np.arange(P**2) % P)
)
LINEAR = LinearPredictor.of(np.zeros(P**2), 0.7**LAGS + 0.01 * np.eye(P**2))


def patches(rng: np.random.Generator, events: np.ndarray) -> np.ndarray:
    """Sums of what decays by 0.7 a pixel to the right and downwards; its covariance is LINEAR's."""
    size = events.shape[-1]
    decay = np.tril(0.7 ** np.subtract.outer(np.arange(size), np.arange(size)).clip(0))
    light = decay @ events @ decay.T * (1 - 0.7**2)
    cut = light[:, -P:, -P:].reshape(len(light), -1)
    return (cut + 0.1 * rng.standard_normal(cut.shape)).astype(np.float32)


@pytest.mark.parametrize("share", [0.02, 0.2])
def test_tails_are_foretold_from_their_heads(share: float) -> None:
    rng = np.random.default_rng(1)
    seen = rng.random((800, 24, 24)) < share
    u = patches(rng, (seen - share) / np.sqrt(share * (1 - share)))
    assert not better_backwards(LINEAR, LINEAR, u, 1)
    assert better_backwards(LINEAR, LINEAR, turned(u, 1), 1)


def test_gaussian_scenes_are_told_in_the_usual_order() -> None:
    rng = np.random.default_rng(2)
    u = patches(rng, rng.standard_normal((800, 24, 24)))
    assert not better_backwards(LINEAR, LINEAR, u, 1)
    assert not better_backwards(LINEAR, LINEAR, turned(u, 1), 1)


def test_half_a_turn_reverses_a_patch() -> None:
    grid = np.arange(2 * P**2, dtype=np.float32).reshape(2, P, P)
    half = np.rot90(grid, 2, axes=(1, 2)).reshape(2, -1)
    np.testing.assert_array_equal(turned(grid.reshape(2, -1), 1), half)


def test_channels_keep_their_place() -> None:
    two = np.arange(8)[None]
    np.testing.assert_array_equal(turned(two, 2), [[3, 2, 1, 0, 7, 6, 5, 4]])


def test_what_is_turned_is_predicted_by_what_it_was() -> None:
    """Of a pair of channels, one of them late by a pixel; by the covariance of many patches."""
    rng = np.random.default_rng(3)
    light = rng.standard_normal((20_000, 5))
    u = np.concatenate([light[:, 1:] + light[:, :-1], light[:, :-1]], axis=1)
    u += 0.1 * rng.standard_normal(u.shape)
    forth = LinearPredictor.of(u.mean(axis=0), np.cov(u.T))
    back = LinearPredictor.of(u.mean(axis=0), np.cov(turned(u, 2).T))
    found = turned_predictor(forth, 2)
    np.testing.assert_allclose(found.covariance, back.covariance, rtol=1e-12)
    np.testing.assert_allclose(found.sd, back.sd, rtol=1e-5)
