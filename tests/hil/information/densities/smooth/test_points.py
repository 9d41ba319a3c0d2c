"""Points of a surface, shifted and turned by their slopes and bends, are the light that is there."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.information.densities.smooth.points import BORDER, SQUARE, Points, Singles

P, PERIOD_PX = 8, 9.0


def roots(light: Singles) -> tuple[Singles, Singles, Singles]:
    """u that bends as photons do."""
    root = np.sqrt(light)
    steepness, bend = np.asarray(1 / root, np.float32), np.asarray(-0.5 / root**3, np.float32)
    return np.asarray(2 * root, np.float32), steepness, bend


def light(side: int, down: float = 0.0, across: float = 0.0, turn: float = 0.0) -> Singles:
    """(1, side, side) crossed waves, about a middle that is elsewhere and turned, radian."""
    row, column = np.mgrid[:side, :side] - (side - 1) / 2
    rows = down + math.cos(turn) * row + math.sin(turn) * column
    columns = across - math.sin(turn) * row + math.cos(turn) * column
    k = 2 * math.pi / PERIOD_PX
    waves = np.sin(k * (0.4 * rows + 0.9 * columns) + 1.3) + np.cos(k * rows)
    return np.asarray(400 * (1 + 0.4 * waves)[None], dtype=np.float32)


@pytest.mark.parametrize("c", [(0.5, 0, 0), (0, -0.5, 0), (0, 0, 0.5), (0.2, 0.3, -0.3)], ids=str)
def test_a_patch_elsewhere_is_what_slopes_and_bends_make_of_it(c: tuple[float, ...]) -> None:
    points = Points.of(light(P + 2 * BORDER), roots)
    there = roots(light(P, c[0], c[1], c[2] * 2 / P))[0].reshape(-1)
    here = points.middles[0]
    place = np.array(c)
    straight = here + place @ points.slopes[0]
    bent = straight + np.einsum("i,ijd,j->d", place, points.bends[0][SQUARE], place) / 2
    assert np.abs(bent - there).max() < 0.3 * np.abs(straight - there).max()
    assert bent == pytest.approx(there, abs=0.05 * float(np.abs(there - here).max()))
    assert points.squares[0] == pytest.approx(points.slopes[0] @ points.slopes[0].T)
