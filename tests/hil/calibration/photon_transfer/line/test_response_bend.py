"""A response that bends: its size, and what the variance makes of it."""

from __future__ import annotations

import numpy as np
import pytest

from hil.calibration.photon_transfer.line.response_bend import STRAIGHT, Bend, fit_bend


def test_the_shape_of_the_variance_follows_from_the_response() -> None:
    """V = f'(L)^2 L at S = f(L)."""
    bend = Bend(-2e-6, 1e-11, 5000.0, -0.01, 0.001, 30_000.0)
    light = np.linspace(0, 30_000, 7)
    signal = light + bend.c2 * light**2 + bend.c3 * light**3
    slope = 1 + 2 * bend.c2 * light + 3 * bend.c3 * light**2
    assert bend.shape(signal) == pytest.approx(slope**2 * light, rel=1e-9)
    assert np.isfinite(bend.shape(np.array([-100.0, 60_000.0]))).all()


def test_a_bend_is_found_in_means_and_a_straight_line_is_one() -> None:
    h = np.linspace(0.1, 1, 8) ** 2
    for share in (-0.01, 0.004):
        signal = 20 + 6000 * h * (1 + share * h)
        found = fit_bend(h, signal - 20, np.full(8, 1e-4), (1.0, 1.0), 1.0, False)
        assert found is not None
        assert found.relative == pytest.approx(share, rel=0.1)
    assert fit_bend(h, 6000 * h, np.full(8, 1e-4), (1.0, 1.0), 1.0, False) is STRAIGHT
    assert fit_bend(h[:2], 6000 * h[:2], np.full(2, 1e-4), (1.0, 1.0), 1.0, False) is None
