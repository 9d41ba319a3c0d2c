"""Transfer of weak objects against closed forms."""

from __future__ import annotations

from math import acos, pi, sqrt

import numpy as np
import pytest

from sim.microscope.led_array.transfer import weak_transfer
from sim.numerics.pupil import ObjectiveLens
from tests.sim.microscope.led_array.sources import NA, lit


def chat(nu: float) -> float:
    """Overlap of two equal discs nu diameters apart, over their area."""
    return 2 / pi * (acos(nu) - nu * sqrt(1 - nu**2)) if nu < 1 else 0.0


def test_full_light_transfers_absorption_as_incoherent_light_does() -> None:
    """Streibl 1985: A = -2 OTF where the source fills the pupil, and H = 0 in focus."""
    objective = ObjectiveLens(NA, 500.0, 1.0)
    points = lit("brightfield", 0.0, NA * (1 - 1e-9)).points(4000).numpy()
    nu = np.array([0.05, 0.2, 0.5, 0.8, 0.97, 1.05])
    at = np.stack([nu * 0.6, nu * 0.8], axis=1) * objective.cutoff_per_um
    absorption, phase = weak_transfer(objective, (4,), (0.0,), 0.0, points, at)
    np.testing.assert_allclose(absorption, [-2 * chat(v) for v in nu], atol=0.01)
    np.testing.assert_allclose(phase, 0, atol=1e-12)


def test_half_a_full_source_transfers_phase_by_what_one_sideband_has_more() -> None:
    """Hamilton and Sheppard 1984: H = i (overlap of +f - that of -f), odd, along the edge 0.

    Of the half disc x > 0, moved right by rho, what stays in the disc is half the lens of two discs
    rho apart, less the strip that both halves of the lens have beyond the middle.
    """
    objective = ObjectiveLens(NA, 500.0, 1.0)
    points = lit("half-plane", 0.0, NA * (1 - 1e-9)).points(4000).numpy()
    f, rho = 0.4, 0.4 * 0.5 / NA
    at = np.array([[0.0, f], [0.0, -f], [0.8, 0.0]])
    absorption, phase = weak_transfer(objective, (4,), (0.0,), 0.0, points, at)
    x = np.linspace(0, 1, 200_001)
    chord = 2 * np.sqrt(1 - x**2)
    right = np.trapezoid(np.where(x >= rho, chord, 0), x) / (pi / 2)
    left = 2 * chat(rho / 2) - right  # both together are the whole lens
    assert phase[0] == pytest.approx(1j * (right - left), abs=0.01)
    assert phase[1] == pytest.approx(-phase[0], abs=1e-12)
    assert abs(phase[2]) == pytest.approx(0, abs=0.01)
    assert absorption[2].real == pytest.approx(-2 * chat(0.5), abs=0.01)
