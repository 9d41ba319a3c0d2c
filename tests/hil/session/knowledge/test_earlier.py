"""Which trials of an earlier session count, and how far it is doubted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from hil.records.trial import TrialRow, TrialState
from hil.session.knowledge.earlier import earlier_sessions
from hil.spec import SearchAxis

NOW = datetime(2026, 5, 1, tzinfo=UTC)
AXIS = SearchAxis(setting="focus.z_um", low=-1, high=1)


def row(number: int, z_um: float, value: float | None) -> TrialRow:
    state = TrialState.COMPLETE if value is not None else TrialState.FAILED
    objectives = None if value is None else (value,)
    names = {"focus.z_um": "{}"}
    return TrialRow(
        number, state, "search", {"focus.z_um": z_um}, names, {}, objectives, {}, {}, None
    )


def database(rows: list[TrialRow], days: float, calibration: str | None) -> Any:
    record = SimpleNamespace(
        id="a" * 32,
        rig="scope",
        objectives=("bits_per_pixel",),
        calibration_id=calibration,
        created_at=NOW - timedelta(days=99),
        finished_at=NOW - timedelta(days=days),
    )
    return SimpleNamespace(session=lambda ref: record, rows=lambda ref: rows)


def copied(rows: list[TrialRow], days: float = 0, calibration: str | None = None) -> Any:
    (found,) = earlier_sessions(
        ["a", "aa"],
        database(rows, days, calibration),
        [AXIS],
        rig="scope",
        objectives=("bits_per_pixel",),
        calibration_id=None,
        now=NOW,
        where="session.toml",
    )
    return found


def test_failed_trials_and_those_elsewhere_do_not_count() -> None:
    found = copied([row(0, 0, 1.0), row(1, 0.5, None), row(2, 3, 2.0), row(3, -1, 0.5)])
    assert [trial.settings["focus.z_um"] for trial in found.trials] == [0, -1]


def test_a_long_session_gives_its_best_and_some_of_all() -> None:
    rows = [row(i, i / 1000, float(i)) for i in range(500)]
    values = [trial.values[0] for trial in copied(rows).trials]
    assert len(values) == 60
    assert values[-30:] == [float(i) for i in range(470, 500)]
    assert values[0] < 30


@pytest.mark.parametrize(
    ("days", "calibration", "doubt"),
    [(0, None, 0.05), (10, None, 0.15), (0, "new", 0.25), (5000, None, 1.0)],
)
def test_doubt_grows_with_age_and_another_calibration(
    days: float, calibration: str | None, doubt: float
) -> None:
    assert copied([row(0, 0, 1.0), row(1, 1, 2.0)], days, calibration).doubt == doubt
