from __future__ import annotations

import math

import numpy as np
import pytest

from hil.records.what_if import Band, Curve, LeftOut, Outcome

BAND = Band(np.array([4.0, 8.0]), np.array([2.0, 1.0]), np.array([1.0, 0.5]), np.array([3, 2]), 9)


def test_what_is_explained_in_the_objectives_unit() -> None:
    assert LeftOut(0.5, 1.0, 0.1, 0.95).explained_as_said == 0.75
    assert LeftOut(0.0, 0.0, 0.0, 1.0).explained_as_said == 0.0


def test_a_band_stays_as_it_was_until_the_next_trial() -> None:
    assert BAND.at(4) == BAND.at(7.9) == (2, 1, 3)
    assert BAND.at(100) == (1, 0.5, 2)
    assert all(math.isnan(value) for value in BAND.at(3))


def test_the_share_of_a_curve_that_lies_in_it() -> None:
    assert BAND.holds(Curve((4, 8), (3.0, 0.4), "")) == 0.5
    assert math.isnan(BAND.holds(Curve((2,), (1.0,), "")))


@pytest.mark.parametrize(("regret", "frames"), [(2.5, 4), (1.0, 8), (0.9, math.inf)])
def test_frames_until_so_little_lacks(regret: float, frames: float) -> None:
    assert Outcome("x", BAND, ()).frames_to(regret) == frames


def test_searches_without_a_winner_are_counted() -> None:
    lost, found = Curve((4, 8), (math.nan, math.nan), ""), Curve((4, 8), (math.nan, 1.0), "")
    assert Outcome("x", BAND, (lost, found)).without_winner == 1
