"""Sessions side by side: differences with their intervals, and what makes numbers incomparable."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hil.records.trial import Best
from hil.report.comparing import tables
from hil.report.material import Material, material_of
from hil.store import Database

TOLD = """name = "{name}"
[[search]]
setting = "stage.x_um"
low = {low}
[estimator]
patch_size = {patch}
"""


def test_a_difference_has_the_interval_of_two_independent_ones() -> None:
    a, b = Best(0, 1.0, 0.9, 1.4), Best(1, 2.0, 1.7, 2.3)
    low, value, high = tables.difference(a, b)
    assert value == 1.0
    assert low == pytest.approx(1 - (0.3**2 + 0.4**2) ** 0.5)
    assert high == pytest.approx(1 + (0.3**2 + 0.1**2) ** 0.5)


@pytest.fixture
def make(database: Database, measured: Callable[..., str]) -> Callable[..., Material]:
    return lambda **changes: material_of(database, measured(**changes))


def test_what_won_and_by_how_much(make: Callable[..., Material]) -> None:
    few, many, none = make(n=1), make(n=20), make(n=0)
    rows = dict(tables.winners([few, many, none]))
    assert rows["trial"][2] == "none"
    assert rows["less than the best of all"][1:] == ["the best", ""]
    # The first trial is at x = -9, the best near 3, and intervals are 0.01 wide either way.
    assert rows["less than the best of all"][0].startswith("1.4")
    assert "within chance" not in rows["less than the best of all"][0]
    again = dict(tables.winners([many, make(n=20)]))
    assert "within chance" in again["less than the best of all"][1]


def test_only_like_objectives_are_subtracted(make: Callable[..., Material]) -> None:
    one, other = make(n=3), make(n=3, objectives=("speed",))
    rows = dict(tables.winners([one, other]))
    assert rows["less than the best of all"] == ["", ""]
    assert "the sessions maximise different objectives" in tables.warnings([one, other])


def test_files_are_compared_key_by_key(make: Callable[..., Material]) -> None:
    told = [
        make(n=1, session_text=TOLD.format(name=name, low=low, patch=patch), estimator=kind)
        for name, low, patch, kind in (("a", 0, 8, "predictive"), ("b", 1, 8, "predictive"),
                                       ("c", 1, 16, "gaussian"))
    ]  # fmt: skip
    assert dict(tables.differ(told[:2])) == {"session: search.stage.x_um.low": ["0", "1"]}
    assert list(tables.warnings(told[:2])) == []
    said = " ".join(tables.warnings(told))
    assert "different estimators" in said
    assert "estimator.patch_size differs: 8, 8, 16" in said
    assert list(tables.differ([make(n=0, session_text="{", rig_text="{")] * 2)) == []


def test_settings_of_the_best_trials_stand_in_one_row(make: Callable[..., Material]) -> None:
    one, other = make(n=4), make(n=4, names=("stage.x_um", "focus.z_um"))
    rows = dict(tables.settings([one, other]))
    assert rows.keys() == {"stage.x_um", "stage.y_um", "focus.z_um"}
    assert rows["stage.y_um"][1] == ""
    assert all(cell.endswith(" *") for cell in rows["stage.x_um"])
