"""Metrics of trials: columns beside the settings, found, sorted and written as these are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hil.errors import InputError
from hil.records.trial import TrialState
from hil.store import Database, SqlStore
from tests.hil.store.conftest import Run, TestClock, assessment

VALUES = [3.0, None, 1.0, 2.0]


@pytest.fixture
def measured(store: SqlStore, clock: TestClock) -> None:
    run = Run(store, clock)
    for number, value in enumerate(VALUES):
        trial = run.propose(**{"Z.um": float(number), "metric.taken": 7.0})
        store.applied(trial, clock.now(), dict(trial.requested))
        store.frames(trial, run.pixels(0))
        store.captured(trial, clock.now(), 0.5)
        found = assessment(1.0 + number)
        told = {"metrics": {} if value is None else {"lab.x": value, "taken": 9.0}}
        estimate = replace(found.estimate, details={**found.estimate.details, **told})
        store.estimated(trial, clock.now(), replace(found, estimate=estimate))
        store.finish(trial, TrialState.COMPLETE, clock.now())


def test_they_are_columns_and_conditions(db: Database, session_id: str, measured: None) -> None:
    table = db.trials(session_id)
    assert [None if v != v else v for v in table["metric.lab.x"]] == VALUES
    assert not any("metric.lab.x" in known for known in table["settings"])
    found = db.trials(session_id, where=["metric.lab.x >= 2"], sort="-metric.lab.x")
    assert list(found["number"]) == [0, 3]
    assert list(db.trials(sort="metric.lab.x", limit=2)["number"]) == [2, 3]
    with pytest.raises(InputError, match=r"did you mean 'metric\.lab\.x'"):
        db.trials(session_id, where=["metric.lab.y > 1"])


def test_a_setting_of_that_name_stays_what_the_device_read_back(
    db: Database, session_id: str, measured: None
) -> None:
    assert set(db.trials(session_id)["metric.taken"]) == {7.0}
    assert len(db.trials(session_id, where=["metric.taken = 7"])) == 4


def test_they_are_written_part_by_part(db: Database, session_id: str, measured: None) -> None:
    for session in (session_id, None):
        parts = [part for part in db.trial_parts(session) if part.num_rows]
        assert parts[0]["metric.lab.x"].to_pylist() == VALUES
