"""A frame is told by windows of it that are alike, and by nothing where there are none."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.information.densities.smooth.alike import told_by_alike
from hil.information.densities.smooth.light_scale import LightScale

SIDE = 64
SCALE = LightScale((2 * np.sqrt(np.arange(3000) + 0.375)).astype(np.float32))


def rings(period_px: float, away_px: float) -> np.ndarray:
    row, column = np.mgrid[:SIDE, :SIDE]
    apart = np.hypot(row + away_px, column - SIDE / 2)
    light = 1000 * (1 + 0.8 * np.sin(2 * math.pi * apart / period_px))
    return SCALE.u_of(light.astype(np.float32))


@pytest.mark.parametrize(("period_px", "window"), [(9.0, 8), (14.0, 16)])
def test_most_noise_of_rings_is_taken_away(period_px: float, window: int) -> None:
    rng = np.random.default_rng(0)
    true = rings(period_px, 30.0)
    noisy = true + rng.standard_normal(true.shape).astype(np.float32)
    begun = true + 0.4 * rng.standard_normal(true.shape).astype(np.float32)
    found = told_by_alike(noisy, begun, 0.16, SCALE, window, rng)
    assert found.shape == true.shape
    assert ((found - true) ** 2).mean() < 0.08


def test_frames_without_others_stay_as_they_are_told() -> None:
    rng = np.random.default_rng(1)
    told = np.full((16, 16), 60.0, dtype=np.float32)
    noisy = told + rng.standard_normal(told.shape).astype(np.float32)
    found = told_by_alike(noisy, told, 0.1, SCALE, 16, rng)
    assert found == pytest.approx(told, abs=1e-4)
