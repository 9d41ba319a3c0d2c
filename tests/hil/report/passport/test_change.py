"""Tests of change: known answers, how often they cry wolf, and what they see."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from scipy import stats

from hil.report.passport.change import Change, by_day, since, together, trend

DAY = date(2026, 3, 1)
DAYS = [DAY + timedelta(days=7 * week) for week in range(12)]
MIDDLE = DAYS[6]


def test_a_day_counts_once() -> None:
    at = [datetime(2026, 3, 1, hour, tzinfo=UTC) for hour in (1, 23)]
    at.append(datetime(2026, 2, 1, tzinfo=UTC))
    days, values = by_day(at, [1.0, 2.0, 5.0])
    assert days == [date(2026, 2, 1), date(2026, 3, 1)]
    assert list(values) == [5.0, 1.5]


def test_since_a_date_is_welch() -> None:
    values = np.array([1.0, 1.2, 0.9, 1.1, 1.0, 1.3, 0.5, 0.4, 0.8, 0.6, 0.5, 0.7])
    found = since(DAYS, values, MIDDLE)
    assert found.value == pytest.approx(values[6:].mean() - values[:6].mean())
    assert found.p == pytest.approx(stats.ttest_ind(values[6:], values[:6], equal_var=False).pvalue)
    assert found.low < found.value < found.high < 0
    assert found.days == (6, 6)


def test_a_trend_is_that_of_the_line() -> None:
    found = trend(DAYS, 2 - 0.1 * np.arange(12) / 11)
    assert found.value == pytest.approx(-0.1)
    assert found.significant


@pytest.mark.parametrize(("side", "when"), [("before", DAYS[1]), ("since", DAYS[11])])
def test_one_day_on_a_side_tells_nothing_of_chance(side: str, when: date) -> None:
    found = since(DAYS, np.arange(12.0), when)
    assert math.isfinite(found.value) and math.isnan(found.p)
    assert side in found.missing and not found.significant


def test_four_days_make_no_trend_and_five_may() -> None:
    assert trend(DAYS[:4], np.arange(4.0)).missing
    assert trend(DAYS[:5], np.arange(5.0)).significant


SCATTERLESS = [np.full(12, 3.0), np.full(12, 0.1) + 1e-17 * np.arange(12), np.repeat([3.0, 2.0], 6)]


@pytest.mark.parametrize("values", SCATTERLESS)
def test_values_without_scatter(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
    """Rounded ones, say: no test divides by zero."""
    stepped = bool(values[0] > 1.1 * values[-1])
    assert since(DAYS, values, MIDDLE).significant == stepped
    assert not since(DAYS[4:8], values[4:8], MIDDLE).significant  # of two days on either side
    assert trend(DAYS, values).value <= 0


def test_several_quantities_are_counted_in() -> None:
    changes = [Change(0, 0, 0, p, (9,)) for p in (0.02, math.nan, 0.03, 0.01)]
    found = [one.p for one in together(changes)]
    assert found[0] == pytest.approx(0.04)  # second of three: times 2
    assert math.isnan(found[1])
    assert found[2] == pytest.approx(0.04)  # its own 0.03 is not below that of the one before
    assert found[3] == pytest.approx(0.03)


def test_how_often_they_cry_wolf_and_what_they_see() -> None:
    """Of instruments that scatter from day to day and do not change, one in twenty at most."""
    rng = np.random.default_rng(0)
    n, quantities = 60, 3
    alarms, seen = {"since": 0, "trend": 0}, {"since": 0, "trend": 0}
    for _ in range(n):
        steady = rng.normal(1, 0.1, (quantities, len(DAYS)))
        stepped, falling = steady.copy(), steady.copy()
        stepped[0, 6:] -= 0.25
        falling[0] -= np.linspace(0, 0.4, len(DAYS))
        for at, trending, count in ((steady, steady, alarms), (stepped, falling, seen)):
            changes = together([since(DAYS, row, MIDDLE) for row in at])
            count["since"] += any(one.significant for one in changes)
            changes = together([trend(DAYS, row) for row in trending])
            count["trend"] += any(one.significant for one in changes)
    # Binomial(60, 0.05): above 7 in 1 of 100.
    assert all(count <= 7 for count in alarms.values()), alarms
    assert all(count > 0.6 * n for count in seen.values()), seen
