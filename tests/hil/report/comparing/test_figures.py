"""The best so far by what it cost: what failed counts, what is not known is left out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hil.report.comparing import figures
from hil.report.material import material_of
from hil.store import Database


def test_frames_of_failed_trials_count(database: Database, measured: Callable[..., str]) -> None:
    material = material_of(database, measured(n=7, fields=lambda number: [0, 1][: 1 + number % 2]))
    spent = figures.frames_spent(material)
    # The fifth failed before it had frames; the others took one or two.
    assert list(spent) == [1, 3, 4, 6, 6, 8, 9]
    x, y = figures.best_so_far(material, spent)
    assert list(x) == [1, 3, 4, 6, 8, 9]
    assert list(y) == list(np.maximum.accumulate(material.complete["value"]))


def test_each_objective_has_an_axis(database: Database, measured: Callable[..., str]) -> None:
    sessions = [
        material_of(database, measured(n=3, objectives=names))
        for names in (("bits_per_pixel",), ("speed",), ("bits_per_pixel",))
    ]
    drawn = figures.by_frames(sessions)
    assert [axis.get_ylabel() for axis in drawn.axes] == [
        "best so far, bits_per_pixel",
        "best so far, speed",
    ]
    assert [len(axis.lines) for axis in drawn.axes] == [2, 1]
    assert [axis.get_xlabel() for axis in figures.winners(sessions).axes] == [
        "bits_per_pixel",
        "speed",
    ]
    assert "no session knows of light" in figures.by_light(sessions).axes[0].texts[0].get_text()


def test_sessions_without_a_best_trial(database: Database, measured: Callable[..., str]) -> None:
    sessions = [material_of(database, measured(n=0)) for _ in range(2)]
    assert "no session has a best trial" in figures.winners(sessions).axes[0].texts[0].get_text()
    figures.by_frames(sessions)
