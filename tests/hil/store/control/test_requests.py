"""Requests in the database: kept with who and why, once, and only for a session that runs."""

from __future__ import annotations

from typing import Any

import pytest

from hil.errors import InputError
from hil.records.request import Wish, ask
from hil.records.session import SessionState
from hil.store import Database


def test_a_request_is_an_event_that_counts_once(db: Database, new_session: Any, clock: Any) -> None:
    key = db.create_session(new_session())
    pause, stop = ask(Wish.PAUSE, "a drill"), ask(Wish.STOP, "enough")
    with db.store(key, controller="a", clock=clock) as store:
        assert store.requests() == []
        for _ in range(2):
            db.request(key[:6], pause, clock.now())
        assert store.requests() == [pause]
        assert store.requested_stop() == ""
        db.request(key, stop, clock.now())
        assert store.requests() == [pause, stop]
        assert store.requested_stop() == "enough"
    events = db.events(key)
    assert list(events["kind"]) == ["pause_requested", "stop_requested"]
    assert events["detail"][0] == {"why": "a drill", "by": pause.by}


@pytest.mark.parametrize("state", [state for state in SessionState if state.ended])
def test_a_session_that_has_ended_is_asked_nothing(
    state: SessionState, db: Database, new_session: Any, clock: Any
) -> None:
    key = db.create_session(new_session())
    with db.store(key, controller="a", clock=clock) as store:
        store.session_state(state, clock.now())
        with pytest.raises(InputError, match=f"does not run, it is {state}"):
            db.request(key, ask(Wish.CONTINUE, ""), clock.now())
        assert store.requests() == []


def test_only_a_session_that_runs_is_paused(db: Database, new_session: Any, clock: Any) -> None:
    key = db.create_session(new_session())
    with db.store(key, controller="a", clock=clock) as store:
        store.announce(SessionState.PAUSED, clock.now(), "a drill", "paused", {"why": "a drill"})
        assert (db.session(key).state, db.session(key).reason) == ("PAUSED", "a drill")
        assert list(db.events(key)["kind"]) == ["paused"]
        for state, after in [
            (SessionState.PAUSED, "PAUSED"),
            (SessionState.COMPLETE, "COMPLETE"),
            (SessionState.PAUSED, "COMPLETE"),
            (SessionState.RUNNING, "RUNNING"),
            (SessionState.STALE, "STALE"),
            (SessionState.PAUSED, "PAUSED"),
        ]:
            store.session_state(state, clock.now())
            assert db.session(key).state == after
        assert db.session(key).finished_at is None
