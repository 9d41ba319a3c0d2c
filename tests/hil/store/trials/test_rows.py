"""The proposer's rows: brought up to date without reading all of them again."""

from __future__ import annotations

import math
from typing import Any

from sqlalchemy import event

from hil.records.trial import TrialState
from hil.store import Database
from hil.store.trials.rows import TrialRows


def test_what_was_still_open_is_read_again_and_what_ended_is_not(
    db: Database, run: Any, session_id: str
) -> None:
    rows = TrialRows(session_id)
    run.complete(bits=2.0)
    left_open = run.propose()
    with db._reading() as connection:
        before = rows.refresh(connection)
    run.store.finish(left_open, TrialState.FAILED, run.clock.now(), "stuck")
    run.complete(bits=3.0)
    with db._reading() as connection:
        after = rows.refresh(connection)
    assert [row.state for row in before] == ["COMPLETE", "PROPOSED"]
    assert [row.state for row in after] == ["COMPLETE", "FAILED", "COMPLETE"]
    assert after[0] is before[0]
    assert [row.number for row in after] == [0, 1, 2]


def test_the_cost_of_a_refresh_does_not_grow_with_the_session(
    db: Database, run: Any, session_id: str
) -> None:
    rows, read = TrialRows(session_id), []
    for _ in range(5):
        run.complete()
    with db._reading() as connection:
        rows.refresh(connection)
        event.listen(connection, "after_execute", lambda *call: read.append(call))
        assert len(rows.refresh(connection)) == 5
    assert len(read) == 2, "new trials, and their estimates; none that ended"


def test_what_was_measured_comes_with_a_complete_trial_alone(
    db: Database, run: Any, session_id: str
) -> None:
    run.complete(bits=1.5)
    run.failed("no light")
    complete, failed = db.rows(session_id)
    assert complete.measured is not None
    assert complete.measured.field_bits == (1.5, 1.6, 1.4)
    assert math.isnan(complete.measured.dose_mj)
    assert complete.measured.at_s > 0
    assert (failed.measured, failed.objectives) == (None, None)
