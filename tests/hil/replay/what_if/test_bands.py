from __future__ import annotations

import math

import numpy as np
import pytest

from hil.records.what_if import Curve
from hil.replay.what_if.bands import band_of


def curve(*regret: float, each: int = 10) -> Curve:
    return Curve(tuple(each * (i + 1) for i in range(len(regret))), regret, "")


def test_few_curves_are_all_inside() -> None:
    band = band_of([curve(3, 2, 1), curve(4, 1, 0.5), curve(5, 4, 0)])
    assert list(band.frames) == [10, 20, 30]
    assert list(band.median) == [4, 2, 0.5]
    assert list(band.low) == [3, 1, 0]
    assert list(band.high) == [5, 4, 1]


def test_nine_of_ten_curves_lie_in_it_from_end_to_end() -> None:
    rng = np.random.default_rng(0)
    sizes = rng.normal(size=(200, 1)) + 0.05 * rng.normal(size=(200, 30))
    curves = [curve(*(3 + one)) for one in sizes]
    band = band_of(curves)
    whole = np.mean([band.holds(one) == 1 for one in curves])
    assert 0.9 <= whole < 0.97
    above = np.mean([one.regret for one in curves] > band.high)
    assert 0 < above < 0.05, "of single points more lie inside"


def test_a_curve_that_ended_stays_where_it_ended() -> None:
    band = band_of([curve(3, 1), curve(3, 2, 2, 2)])
    assert band.at(40) == pytest.approx((1.5, 1, 2))
    assert band.at(1000) == band.at(40)
    assert all(math.isnan(value) for value in band.at(9))


def test_before_a_feasible_trial_there_is_nothing() -> None:
    band = band_of([curve(math.nan, 2), curve(math.nan, 3)])
    assert math.isnan(band.at(10)[0])
    assert band.holds(curve(math.nan, 2.5)) == 1
    assert band.holds(curve(math.nan, 5)) == 0
