"""What the figures of settings show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from hil.report import settings_figures
from hil.report.material import material_of
from hil.report.page import _figures
from hil.store import Database


def test_a_slice_a_setting_with_every_complete_trial(
    database: Database, measured: Callable[..., str]
) -> None:
    key = measured(n=20)
    axes = settings_figures.slices(material_of(database, key)).axes
    labels = {axis.get_xlabel() for axis in axes}
    assert {"stage.x_um", "stage.y_um"} <= labels
    done = database.trials(key, where=["state = COMPLETE"])
    for axis in axes[:2]:
        points = np.asarray(axis.collections[0].get_offsets())
        assert sorted(points[:, 0]) == pytest.approx(sorted(done[axis.get_xlabel()]))


def test_the_trend_follows_the_trials() -> None:
    x = np.linspace(0, 10, 200)
    at, trend = settings_figures._trend(x, 3.0 * x)
    inside = (at > 3) & (at < 7)
    assert trend[inside] == pytest.approx(3 * at[inside], rel=0.02)
    assert settings_figures._trend(np.ones(9), np.ones(9)) is None


def test_words_have_places_and_gaps_are_no_numbers() -> None:
    places, words = settings_figures._numbers(pd.Series(["b", None, "a", "b"], dtype=object))
    assert words == ["a", "b"]
    assert places[[0, 2, 3]].tolist() == [1, 0, 1]
    assert np.isnan(places[1])


def test_the_front_holds_what_nothing_beats_in_both() -> None:
    points = np.array([(1, 5), (2, 4), (2, 3), (3, 1), (0, 9), (4, 0)], dtype=float)
    feasible = np.array([True, True, True, True, True, False])
    assert settings_figures._front(points, feasible) == [3, 1, 0, 4]
    assert settings_figures._front(points[:0], feasible[:0]) == []


def test_parallel_draws_the_best_in_front(database: Database, measured: Callable[..., str]) -> None:
    (axis,) = settings_figures.parallel(material_of(database, measured(n=15))).axes
    assert len(axis.lines) == 12
    assert [line.get_zorder() for line in axis.lines].count(3) == 1


def test_a_scan_has_its_slice_and_one_setting_has_no_lines(
    database: Database, measured: Callable[..., str]
) -> None:
    material = material_of(database, measured(n=6))
    scanned = [
        replace(row, distributions={}, requested={"stage.x_um": row.requested["stage.x_um"]})
        for row in material.rows
    ]
    material = replace(material, rows=scanned)
    (axis,) = settings_figures.slices(material).axes
    assert axis.get_xlabel() == "stage.x_um"
    assert len(axis.collections[0].get_offsets()) == 5
    (axis,) = settings_figures.parallel(material).axes
    assert "need two" in axis.texts[0].get_text()
    drawn = [one["title"] for one in _figures(material)]
    assert "Each setting" in drawn
    assert "All settings at once" not in drawn
