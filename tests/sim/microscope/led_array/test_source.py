"""Which LEDs are lit, and the transfer functions of full sources in closed form."""

from __future__ import annotations

from math import acos, pi, sqrt
from typing import NamedTuple

import numpy as np
import pytest
import torch

from sim.microscope.led_array.source import Lit
from sim.microscope.led_array.transfer import weak_transfer
from sim.numerics.pupil import ObjectiveLens

NA = 0.4


def lit(pattern: str, inner_na: float, outer_na: float) -> Lit:
    numbers = (torch.tensor(value, dtype=torch.float64) for value in (inner_na, outer_na))
    return Lit.of(pattern, *numbers, NA)


class Pattern(NamedTuple):
    name: str
    inner_na: float
    outer_na: float
    lo: float
    hi: float
    share: float


PATTERNS = [
    Pattern("brightfield", 0.3, 0.2, 0.0, 0.2, 0.2**2 / 0.64),
    Pattern("annular", 0.1, 0.3, 0.1, 0.3, (0.3**2 - 0.1**2) / 0.64),
    Pattern("annular", 0.3, 0.1, 0.1, 0.3, (0.3**2 - 0.1**2) / 0.64),
    Pattern("half-plane", 0.1, 0.3, 0.1, 0.3, (0.3**2 - 0.1**2) / 0.64 / 2),
    Pattern("darkfield", 0.2, 0.6, 0.4, 0.6, (0.6**2 - 0.4**2) / 0.64),
    Pattern("darkfield", 0.2, 0.39, 0.4, 0.4, 0.0),
    Pattern("brightfield", 0.0, 0.8, 0.0, 0.8, 1.0),
]


@pytest.mark.parametrize("case", PATTERNS, ids=str)
def test_points_fill_the_lit_region_evenly(case: Pattern) -> None:
    source = lit(case.name, case.inner_na, case.outer_na)
    points = source.points(400).numpy()
    radius = np.hypot(*points.T)
    assert points.shape == (400, 2)
    assert case.lo - 1e-9 <= radius.min() <= radius.max() <= case.hi + 1e-9
    assert (radius**2).mean() == pytest.approx((case.lo**2 + case.hi**2) / 2, rel=1e-6)
    assert float(source.share(0.8)) == pytest.approx(case.share)
    if case.name == "half-plane":
        assert points[:, 1].min() > 0
        # the centroid of a half ring
        thirds = 4 / (3 * pi) * (case.hi**3 - case.lo**3) / (case.hi**2 - case.lo**2)
        assert points[:, 1].mean() == pytest.approx(thirds, rel=0.01)
        assert points[:, 0].mean() == pytest.approx(0, abs=0.01 * case.hi)
    else:
        np.testing.assert_allclose(points[:200], -points[200:], atol=1e-12)


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
