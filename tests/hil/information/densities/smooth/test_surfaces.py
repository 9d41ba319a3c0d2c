"""Kinds along a bent line are told from each other, and predict better than one Gaussian does."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.information.densities.smooth.surfaces import Surfaces

P = 5
D = P * P


def patches_of(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Patches on a circle of radius 60 in two directions, and their noise of 1."""
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, 2 * math.pi, n)
    along = np.linalg.qr(np.random.default_rng(9).standard_normal((D, 2)))[0]
    light = 60 * np.stack([np.cos(at), np.sin(at)], axis=1) @ along.T
    return (light + rng.standard_normal((n, D))).astype(np.float32), light


def test_a_circle_costs_what_its_length_does() -> None:
    surfaces = Surfaces.fit(patches_of(4096, 0)[0], 64, 16, np.random.default_rng(1))
    u, _ = patches_of(500, 1)
    noise = 0.5 * D * math.log(2 * math.pi * math.e)
    # of a line that long: ln(length) less what noise spreads one coordinate by
    right = math.log(2 * math.pi * 60) - 0.5 * math.log(2 * math.pi * math.e)
    assert surfaces.along.shape == (D, 2)
    assert surfaces.nats(u).mean() - noise == pytest.approx(right, abs=0.35)
    gaussian = 2 * 0.5 * math.log(60**2 / 2)
    assert surfaces.nats(u).mean() - noise < gaussian - 2.5


def test_predictions_are_of_earlier_values_alone() -> None:
    surfaces = Surfaces.fit(patches_of(2048, 0)[0], 32, 16, np.random.default_rng(1))
    u, light = patches_of(300, 1)
    kind = surfaces.likeliest(u, 2)
    assert kind.shape == (300, 2)
    value, sd = surfaces.predict(u, kind[:, 0])
    assert np.std((u - value) / sd) == pytest.approx(1, abs=0.1)
    changed = u.copy()
    changed[:, 7:] += 100
    again, _ = surfaces.predict(changed, kind[:, 0])
    assert again[:, :8] == pytest.approx(value[:, :8], abs=1e-3)
    # by the end all that light is is known
    assert np.abs(value[:, -1] - light[:, -1]).mean() < 1
