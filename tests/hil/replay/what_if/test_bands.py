from __future__ import annotations

import math

import numpy as np

from hil.records.what_if import Curve
from hil.replay.what_if.bands import band_of


def curve(*regret: float, each: int = 10) -> Curve:
    return Curve(tuple(each * (i + 1) for i in range(len(regret))), regret, "")


def test_few_curves_are_all_inside() -> None:
    curves = [curve(3, 2, 1), curve(4, 1, 0.5), curve(5, 4, 0)]
    band = band_of(curves)
    assert list(band.frames) == [10, 20, 30]
    assert list(band.median) == [4, 2, 0.5]
    assert all(band.holds(one) == 1 for one in curves)
    assert (band.low >= 0).all()


def test_nine_of_ten_further_curves_lie_in_it_from_end_to_end() -> None:
    rng = np.random.default_rng(0)

    def curves(n: int) -> list[Curve]:
        sizes = np.exp(0.5 * rng.normal(size=(n, 1)) + 0.2 * rng.normal(size=(n, 12)))
        return [curve(*one) for one in np.minimum.accumulate(sizes, axis=1)]

    whole = [
        np.mean([band_of(curves(20)).holds(one) == 1 for one in curves(40)]) for _ in range(20)
    ]
    assert 0.8 < np.mean(whole) < 0.97


def test_a_curve_that_ended_stays_where_it_ended() -> None:
    band = band_of([curve(3, 1), curve(3, 2, 2, 2)])
    low, high = band.at(40)[1:]
    assert band.at(40)[0] == 1.5 and low <= 1 and high >= 2
    assert band.at(1000) == band.at(40)
    assert all(math.isnan(value) for value in band.at(9))


def test_before_a_feasible_trial_there_is_nothing() -> None:
    band = band_of([curve(math.nan, 2), curve(math.nan, 3)])
    assert math.isnan(band.at(10)[0])
    assert band.holds(curve(math.nan, 2.5)) == 1
    assert band.holds(curve(math.nan, 5)) == 0


def test_a_search_without_a_feasible_trial_says_nothing_of_the_others() -> None:
    band = band_of([curve(math.nan, math.nan), curve(3, 2), curve(2, 1), curve(math.nan, 1)])
    assert band.at(10)[0] == 2.5
    assert band.at(20)[0] == 1
    assert not np.isnan([band.low, band.high]).any()
    nothing = band_of([curve(math.nan), curve(math.nan)])
    assert np.isnan(nothing.median).all()
