"""What a controller hears: requests, stops, states; and that it is told when its rig is taken."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from hil.errors import RigHeld, StoreError
from hil.records.session import SessionState
from hil.store import Database, Holder, SqlStore
from tests.hil.store.conftest import TestClock


def test_nothing_is_asked_of_a_new_session(store: SqlStore) -> None:
    assert (store.requested_stop(), store.requests()) == ("", [])


def test_a_stop_and_a_state_are_heard(
    db: Database, store: SqlStore, session_id: str, clock: TestClock
) -> None:
    store.session_state(SessionState.RUNNING, clock.now(), "resumed")
    assert store.present_state() == (SessionState.RUNNING, "resumed")
    db.request_stop(session_id, "lunch")
    assert store.requested_stop() == "lunch"


def test_a_rig_that_another_has_taken_is_told(
    db: Database, new_session: object, clock: TestClock
) -> None:
    rig = "taken scope"
    db.acquire_lease(rig, Holder.this_process(), clock.now())
    session = db.create_session(new_session(rig=rig))  # type: ignore[operator]
    with db.store(session, controller=rig, clock=clock) as store:
        store.renew_lease(clock.now())
        with db._engine.begin() as connection:
            connection.execute(text("UPDATE lease SET token = 'other', pid = 1"))
        with pytest.raises(RigHeld):
            store.requested_stop()
        with pytest.raises(RigHeld):
            store.renew_lease(clock.now())


def test_a_database_without_its_tables_is_no_silence(
    db: Database, store: SqlStore, session_id: str
) -> None:
    with db._engine.begin() as connection:
        connection.execute(text("ALTER TABLE session RENAME COLUMN stop_requested TO gone"))
    with pytest.raises(StoreError, match="could not be read"):
        store.requested_stop()
