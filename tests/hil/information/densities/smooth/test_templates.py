"""Templates tell fringes at any angle by where and at which angle a patch lies in them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.information.densities.smooth.points import BORDER, Points, Singles
from hil.information.densities.smooth.templates import Templates

P, D = 8, 64
AMPLITUDE, PERIOD_PX = 25.0, 11.0


def waves(angle: np.ndarray, phase: np.ndarray, side: int = P) -> np.ndarray:
    """(n, side, side) waves about the middle."""
    row, column = np.mgrid[:side, :side] - (side - 1) / 2
    along = np.multiply.outer(np.cos(angle), row) + np.multiply.outer(np.sin(angle), column)
    at = 2 * math.pi * along / PERIOD_PX + phase[:, None, None]
    return np.asarray(AMPLITUDE * np.sin(at), dtype=np.float32)


def even(light: Singles) -> tuple[Singles, Singles, Singles]:
    """u as the light itself."""
    return light, np.ones_like(light), np.zeros_like(light)


def points(n: int) -> Points:
    return Points.of(drawn(n, 0, P + 2 * BORDER), even)


def drawn(n: int, seed: int, side: int = P) -> np.ndarray:
    angle, phase = np.random.default_rng(seed).uniform(0, 2 * math.pi, (2, n))
    return waves(angle, phase, side)


def test_fringes_cost_what_their_angle_and_place_do() -> None:
    templates = Templates.of(points(8192), 0.0)
    rng = np.random.default_rng(1)
    u = drawn(300, 1).reshape(-1, D) + rng.standard_normal((300, D)).astype(np.float32)
    noise = 0.5 * D * math.log(2 * math.pi * math.e)
    # ln of the area over what noise spreads angle and phase by; turned by half it is the same
    step = 1e-2
    angle, phase = rng.uniform(0, 2 * math.pi, (2, 200))
    by_angle = (waves(angle + step, phase) - waves(angle - step, phase)).reshape(-1, D)
    by_phase = (waves(angle, phase + step) - waves(angle, phase - step)).reshape(-1, D)
    slopes = np.stack([by_angle, by_phase], axis=1) / (2 * step)
    spread = np.linalg.slogdet(slopes @ slopes.swapaxes(1, 2))[1] / 2
    right = 2 * math.log(2 * math.pi) - math.log(2 * math.pi * math.e) + spread.mean()
    right -= math.log(2)
    assert templates.nats(u, 8).mean() - noise == pytest.approx(right, abs=0.5)
    fewer = templates.every(8)
    assert len(fewer.coordinates) == 1024
    assert np.exp(fewer.log_weights).sum() == pytest.approx(1)
    assert fewer.spread[:, 2, 2].mean() > templates.spread[:, 2, 2].mean()


def test_predictions_are_of_earlier_values_alone() -> None:
    templates = Templates.of(points(2048), 0.05)
    rng = np.random.default_rng(1)
    light = drawn(200, 1).reshape(-1, D)
    u = light + rng.standard_normal((200, D)).astype(np.float32)
    kind = templates.likeliest(u, 1)[:, 0]
    value, sd = templates.predict(u, kind)
    assert (sd > 1).all()
    changed = u.copy()
    changed[:, 20:] += 50
    again, again_sd = templates.predict(changed, kind)
    assert again[:, :21] == pytest.approx(value[:, :21], abs=1e-3)
    assert (again_sd[:, :21] == sd[:, :21]).all()
    assert np.std((u - value) / sd) == pytest.approx(1, abs=0.15)
