"""What the figures of a session's course show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from hil.report import course_figures
from hil.report.material import material_of
from hil.store import Database


def test_the_best_so_far_never_falls_and_ends_at_the_best(
    database: Database, measured: Callable[..., str]
) -> None:
    key = measured(n=20)
    (axis,) = course_figures.history(material_of(database, key)).axes
    step = next(line for line in axis.lines if line.get_label() == "best so far")
    course = np.asarray(step.get_ydata(), dtype=float)
    assert (np.diff(course) >= 0).all()
    assert course[-1] == database.trials(key)["objective"].max()


def test_a_field_that_was_not_measured_is_no_number(
    database: Database, measured: Callable[..., str]
) -> None:
    key = measured(n=4, fields=lambda number: [number % 2, 7])
    numbers, fields, table = material_of(database, key).fields()
    assert (numbers, fields) == ([0, 1, 2, 3], [0, 1, 7])
    assert np.isnan(table[0, 1]) and np.isnan(table[1, 0])
    assert np.isfinite(table[:, 2]).all()
    heat = course_figures.fields(material_of(database, key)).axes[0].images[0].get_array()
    assert heat is not None and heat.shape == (3, 4)


def test_first_and_best_show_the_same_field_at_one_scale(
    database: Database, measured: Callable[..., str]
) -> None:
    key = measured(n=12, fields=lambda number: [5, 2] if number == 0 else [2])
    material = material_of(database, key)
    best = material.result.best
    assert best is not None and best.number != 0
    first, after, change = course_figures.frames(material).axes[:3]
    one, two = first.images[0], after.images[0]
    assert one.get_clim() == two.get_clim()
    place = material.measured_fields(0).index(2)
    stored = database.frames(key, 0)[:, 0]
    assert any(np.array_equal(one.get_array(), frame) for frame in stored[place : place + 1])
    want = two.get_array().astype(float) - one.get_array().astype(float)
    assert np.allclose(change.images[0].get_array(), want)


def test_without_a_common_field_no_frames_are_compared(
    database: Database, measured: Callable[..., str]
) -> None:
    key = measured(n=8, fields=lambda number: [number])
    (axis,) = course_figures.frames(material_of(database, key)).axes
    assert "in common" in axis.texts[0].get_text()


def test_another_trial_at_the_best_settings_shows_the_field_of_the_first(
    database: Database, measured: Callable[..., str]
) -> None:
    """As leaders are measured again, in all fields of view."""
    key = measured(n=8, fields=lambda number: [number, 0] if number == 3 else [number])
    material = material_of(database, key)
    best = material.result.best
    assert best is not None and best.number not in (0, 3)
    settings = next(row.requested for row in material.rows if row.number == best.number)
    rows = [replace(r, requested=settings) if r.number == 3 else r for r in material.rows]
    drawn = course_figures.frames(replace(material, rows=rows)).axes[:2]
    titles = ["first (trial 0)", f"best (trial 3, settings of {best.number})"]
    assert [axis.get_title(loc="left") for axis in drawn] == titles
    stored = database.frames(key, 3)[:, 0]
    place = material.measured_fields(3).index(0)
    assert np.array_equal(drawn[1].images[0].get_array(), stored[place])


def test_where_none_is_the_best_the_first_frame_is_shown(
    database: Database, measured: Callable[..., str]
) -> None:
    key = measured(n=4)
    material = material_of(database, key)
    material = replace(material, result=replace(material.result, best=None, winner=None))
    figure = course_figures.frames(material)
    drawn = [axis for axis in figure.axes if axis.images]
    assert [axis.get_title(loc="left") for axis in drawn] == ["first (trial 0); none is the best"]
    assert np.array_equal(drawn[0].images[0].get_array(), database.frames(key, 0)[0, 0])
    empty = material_of(database, measured(n=0))
    assert course_figures.frames(empty).get_label() == course_figures.NO_TRIALS
