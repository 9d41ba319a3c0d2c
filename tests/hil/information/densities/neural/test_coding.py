"""Scores that make pixels normal."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.information.densities.neural.coding import Alphabet, normal_scores


def test_scores_make_pixels_normal() -> None:
    rng = np.random.default_rng(4)
    light = np.rint(np.exp(rng.normal(6, 1, 100_000))).astype(np.float32)
    scale = normal_scores(light, Alphabet(True, 0, math.inf))
    t = scale(light)
    assert np.mean(t) == pytest.approx(0, abs=0.02)
    assert np.mean((t - t.mean()) ** 4) / np.var(t) ** 2 == pytest.approx(3, abs=0.15)
    far = scale(np.array([-1e6, -1.0, 0.0, 1e6, 2e6]))
    assert np.all(np.diff(far) > 0)
