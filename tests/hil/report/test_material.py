"""What a report is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hil.records.trial import TrialRow, TrialState
from hil.report.material import material_of, moved
from hil.store import Database


def _row(number: int, requested: Mapping[str, Any], held: Mapping[str, str] = {}) -> TrialRow:
    return TrialRow(number, TrialState.COMPLETE, "search", requested, held, {}, (1.0,), {}, {})


def test_settings_that_were_moved_are_those_searched_or_those_that_differ() -> None:
    scan = [_row(n, {"a.x_um": float(n), "b.mode": "one", "c.y_um": 0.0}) for n in range(3)]
    assert moved(scan) == ("a.x_um",)
    words = [_row(0, {"b.mode": "one"}), _row(1, {"b.mode": "two", "c.y_um": 1.0})]
    assert moved(words) == ("b.mode",)
    searched = [*scan, _row(3, {"c.y_um": 1.0}, {"c.y_um": "{}", "a.x_um": "{}"})]
    assert moved(searched) == ("c.y_um", "a.x_um")
    assert moved([]) == ()


def test_the_searched_settings_of_a_session(
    database: Database, measured: Callable[..., str]
) -> None:
    material = material_of(database, measured(n=3))
    assert material.searched == ("stage.x_um", "stage.y_um")
