"""What the figures of settings show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from hil.report import settings_figures
from hil.report.material import Material, material_of
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


def searched_as(material: Material, name: str, held: str, values: Sequence[float]) -> Material:
    """The same session, a setting of which had other values and another distribution."""
    rows = [
        replace(
            row,
            requested={**row.requested, name: value},
            distributions={**row.distributions, name: held},
        )
        for row, value in zip(material.rows, values, strict=True)
    ]
    trials = material.trials.assign(**{name: values})
    return replace(material, rows=rows, trials=trials)


def test_a_setting_searched_by_its_logarithm_is_drawn_so(
    database: Database, measured: Callable[..., str]
) -> None:
    material = material_of(database, measured(n=20))
    values = [10.0**x for x in np.random.default_rng(3).uniform(-9, 9, 20)]
    held = (
        '{"name": "FloatDistribution", "attributes":'
        ' {"step": null, "low": 1e-10, "high": 1e10, "log": true}}'
    )
    material = searched_as(material, "stage.x_um", held, values)
    axes = {axis.get_xlabel(): axis for axis in settings_figures.slices(material).axes}
    assert axes["stage.x_um"].get_xscale() == "log"
    assert axes["stage.y_um"].get_xscale() == "linear"
    drawn = np.asarray(axes["stage.x_um"].lines[0].get_xdata(), dtype=float)
    assert np.diff(np.log10(drawn)) == pytest.approx(np.full(59, np.log10(drawn[1] / drawn[0])))
    settings_figures.pairs(material).canvas.draw()
    (lines,) = settings_figures.parallel(material).axes
    middle = [line.get_ydata()[0] for line in lines.lines]
    assert sum(0.2 < float(place) < 0.8 for place in middle) > 4  # not all at the lowest


def test_choices_of_numbers_are_named(database: Database, measured: Callable[..., str]) -> None:
    material = material_of(database, measured(n=20))
    held = '{"name": "CategoricalDistribution", "attributes": {"choices": [1, 2, 16]}}'
    values = [(1, 2, 16)[place % 3] for place in range(20)]
    material = searched_as(material, "stage.x_um", held, values)
    axes = {axis.get_xlabel(): axis for axis in settings_figures.slices(material).axes}
    axis = axes["stage.x_um"]
    assert [label.get_text() for label in axis.get_xticklabels()] == ["1", "2", "16"]
    (levels,) = [one for one in axis.collections if one.get_label().startswith("_child1")]
    assert len(levels.get_paths()) == 3  # a line a choice


def test_three_objectives_are_drawn_two_by_two(
    database: Database, measured: Callable[..., str]
) -> None:
    material = material_of(database, measured(objectives=("bits_per_pixel", "speed")))
    rows = [
        replace(row, objectives=(*row.objectives, -row.objectives[1])) if row.objectives else row
        for row in material.rows
    ]
    record = replace(material.record, objectives=("bits_per_pixel", "speed", "-speed"))
    figure = settings_figures.pareto(replace(material, rows=rows, record=record))
    drawn = [axis for axis in figure.axes if axis.has_data()]
    asked = [(axis.get_xlabel(), axis.get_ylabel()) for axis in drawn]
    assert asked == [
        ("bits_per_pixel", "speed"), ("bits_per_pixel", "-speed"), ("speed", "-speed"),
    ]  # fmt: skip
    # Whatever is gained in speed is lost in its opposite: all are on the front.
    n_measured = sum(row.objectives is not None for row in rows)
    assert {len(axis.lines[-1].get_xdata()) for axis in drawn} == {n_measured}


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
