"""Each setting has its own effect, not that of the settings that were moved with it."""

from __future__ import annotations

import numpy as np
import pytest

from drivers.types import Floats
from hil.report.settings.model_trend import trends


def slope(at: Floats, values: Floats) -> float:
    return float(np.polyfit(at, values, 1)[0])


def test_a_line_is_found() -> None:
    x = np.linspace(0, 10, 200)
    (trend,) = trends([x], [False], 3.0 * x)
    assert trend is not None
    inside = (trend.at > 3) & (trend.at < 7)
    assert trend.values[inside] == pytest.approx(3 * trend.at[inside], rel=0.02)


@pytest.mark.parametrize("seed", range(3))
def test_a_setting_without_effect_is_level_though_the_search_moved_both(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, 60)
    idle = 0.8 * x + 0.3 * rng.uniform(-1, 1, 60)
    found = trends([x, idle], [False, False], 2 * x + rng.normal(0, 0.05, 60))
    assert found[0] is not None and found[1] is not None
    assert slope(found[0].at, found[0].values) == pytest.approx(2, abs=0.2)
    assert slope(found[1].at, found[1].values) == pytest.approx(0, abs=0.2)


def test_shapes_of_many_settings_and_choices() -> None:
    rng = np.random.default_rng(5)
    x = rng.uniform(-1, 1, (12, 150))
    filters = rng.integers(0, 3, 150).astype(float)
    effect = np.array([0.0, 1.0, -0.5])
    y = 5 - x[0] ** 2 + effect[filters.astype(int)] + rng.normal(0, 0.05, 150)
    found = trends([*x, filters], [False] * 12 + [True], y)
    bowl, choice = found[0], found[-1]
    assert bowl is not None and choice is not None
    centred = bowl.values - bowl.values.mean()
    truth = -(bowl.at**2) + (bowl.at**2).mean()
    assert np.abs(centred - truth).max() < 0.12
    assert choice.at.tolist() == [0, 1, 2]
    assert choice.values - choice.values[0] == pytest.approx(effect, abs=0.08)
    assert all(one is not None and np.ptp(one.values) < 0.12 for one in found[1:-1])


@pytest.mark.parametrize("seed", range(3))
def test_a_peak_of_three_settings_is_cut_through_its_top(seed: int) -> None:
    """A setting matters at the optimum although far from it nothing would show."""
    rng = np.random.default_rng(seed)
    far, close = rng.uniform(-1, 1, (15, 3)), rng.normal(0.2, 0.2, (45, 3))
    x = np.clip(np.concatenate([far, close]), -1, 1)
    y = np.exp(-3 * ((x - 0.2) ** 2).sum(axis=1))
    for trend in trends(list(x.T), [False] * 3, y):
        assert trend is not None
        top = trend.at[np.argmax(trend.values)]
        assert top == pytest.approx(0.2, abs=0.2)
        assert trend.values.max() > 0.8
        assert np.interp([-0.6, 1.0], trend.at, trend.values).max() < 0.6


@pytest.mark.parametrize("size", [1e300, 1.0, 1e-300])
def test_values_of_any_size(size: float) -> None:
    x = np.linspace(-1, 1, 40)
    (trend,) = trends([x], [False], size * np.sin(3 * x))
    assert trend is not None
    assert trend.values / size == pytest.approx(np.sin(3 * trend.at), abs=0.05)


def test_where_nothing_is_known_there_is_no_line() -> None:
    x = np.arange(9.0)
    assert trends([np.ones(9)], [False], x) == [None]  # it did not move
    assert trends([x], [False], np.ones(9)) == [None]  # nothing came of it
    assert trends([x], [False], np.zeros(9)) == [None]
    assert trends([x[:4]], [False], x[:4]) == [None]  # too few
    assert trends([np.full(9, np.nan)], [False], x) == [None]
    gaps = np.where(x > 5, np.nan, x)
    moved, partly = trends([x, gaps], [False, False], x)
    assert moved is not None and partly is not None and np.isfinite(partly.values).all()


def test_thousands_of_trials_take_no_longer() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 1, (3, 20_000))
    found = trends(list(x), [False] * 3, x[0])
    assert found[0] is not None
    assert slope(found[0].at, found[0].values) == pytest.approx(1, abs=0.02)
