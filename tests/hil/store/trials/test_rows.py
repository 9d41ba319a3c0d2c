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
    assert len(read) == 1, "new trials; there are none, so nobody asks for their estimates"


def test_a_trial_that_ends_and_one_that_is_new_take_two_queries_together(
    db: Database, run: Any, session_id: str
) -> None:
    rows, read = TrialRows(session_id), []
    for n in range(3):
        run.complete(bits=float(n))
        open_now = run.propose()
        with db._reading() as connection:
            event.listen(connection, "after_execute", lambda *call: read.append(call))
            seen = rows.refresh(connection)
        assert [row.number for row in seen] == list(range(2 * n + 2))
        assert [row.state for row in seen[-2:]] == ["COMPLETE", "PROPOSED"]
        run.store.finish(open_now, TrialState.FAILED, run.clock.now(), "stuck")
    assert len(read) == 3 * 2, "rows, and the estimates of those that are COMPLETE"


def test_a_trial_that_is_open_for_long_is_read_without_all_that_ended_since(
    db: Database, run: Any, session_id: str
) -> None:
    rows, read = TrialRows(session_id), []
    left_open = run.propose()
    for _ in range(30):
        run.failed("no light")
    with db._reading() as connection:
        before = rows.refresh(connection)
        event.listen(connection, "after_execute", lambda *call: read.append(call[3]))
        rows.refresh(connection)
    assert [told.get("numbers") for told in read] == [[0], None]
    run.store.finish(left_open, TrialState.FAILED, run.clock.now(), "stuck")
    with db._reading() as connection:
        after = rows.refresh(connection)
    assert (before[0].state, after[0].state) == ("PROPOSED", "FAILED")
    assert all(now is then for now, then in zip(after[1:], before[1:], strict=True))


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
