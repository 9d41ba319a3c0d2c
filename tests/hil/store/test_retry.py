"""A database that is locked or away delays writes, and loses none."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from hil.errors import StoreError
from hil.records.session import SessionState
from hil.records.trial import Proposal, TrialState
from hil.store import Database, open_database
from hil.store.retry import Retry
from hil.waits.waits import Waits


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite's own wait is not what these tests are about."""
    monkeypatch.setattr("hil.store.engine.BUSY_TIMEOUT_S", 0.0)


@pytest.mark.usefixtures("impatient")
def test_a_locked_file_delays_a_trial(sqlite_url: str, new_session: Any, clock: Any) -> None:
    with open_database(sqlite_url, create=True) as db:
        session_id = db.create_session(new_session())
        blocker = sqlite3.connect(make_url(sqlite_url).database or "", isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        said: list[str] = []

        def on_delay(_waited_s: float, why: str) -> None:
            said.append(why)
            if len(said) == 3:
                blocker.execute("COMMIT")

        with db.store(session_id, controller="a", clock=clock, on_delay=on_delay) as store:
            asked: list[int] = []

            def ask(_rows: object, _attrs: object, number: int) -> Proposal:
                asked.append(number)
                return Proposal("search", {"a.b": 1.0})

            store.propose(ask)
        blocker.close()
        assert said == ["database is locked"] * 3
        assert asked == [0]
        assert [row.state for row in db.rows(session_id)] == [TrialState.PROPOSED]


@pytest.mark.usefixtures("impatient")
def test_a_locked_file_delays_everything_else_for_a_while(
    sqlite_url: str, new_session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hil.store.access.WAIT_S", 0.1)
    with open_database(sqlite_url, create=True) as db:
        blocker = sqlite3.connect(make_url(sqlite_url).database or "", isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="database is locked"):
            db.create_session(new_session())
        assert db.sessions().empty
        blocker.execute("COMMIT")
        blocker.close()
        db.create_session(new_session())
        assert len(db.sessions()) == 1


@pytest.mark.usefixtures("impatient")
def test_waiting_ends(sqlite_url: str, new_session: Any, clock: Any) -> None:
    with open_database(sqlite_url, create=True) as db:
        session_id = db.create_session(new_session())
        blocker = sqlite3.connect(make_url(sqlite_url).database or "", isolation_level=None)
        with db.store(session_id, controller="a", clock=clock, retry_s=0.1) as store:
            blocker.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreError, match="database is locked"):
                store.session_state(SessionState.STOPPED, clock.now())
            store.give_up()
            with pytest.raises(StoreError, match="database is locked"):
                store.session_state(SessionState.STOPPED, clock.now())
            assert store.requested_stop() == ""
            store.renew_lease(clock.now())
            blocker.execute("COMMIT")
        blocker.close()


class _LostAnswers:
    """Lets commits through, and breaks the connection before their answer: the worst moment."""

    def __init__(self, engine: Engine) -> None:
        self.left = 0
        event.listen(engine, "commit", self._commit)

    def _commit(self, connection: Connection) -> None:
        if self.left:
            self.left -= 1
            driver: Any = connection.connection.dbapi_connection
            driver.commit()
            raise OperationalError("COMMIT", {}, OSError("line lost"), connection_invalidated=True)


def test_a_commit_whose_answer_is_lost_is_recognised(
    db: Database, session_id: str, clock: Any, make_run: Any, make_assessment: Any
) -> None:
    answers = _LostAnswers(db._engine)
    delays: list[str] = []
    with db.store(
        session_id, controller="a", clock=clock, on_delay=lambda _s, why: delays.append(why)
    ) as store:
        run = make_run(store)
        answers.left = 1
        trial = run.propose()
        answers.left = 1
        store.event("fault", clock.now(), {})
        answers.left = 1
        store.finish(trial, TrialState.FAILED, clock.now(), "why")
        answers.left = 1
        store.finish(run.captured(), TrialState.ABORTED, clock.now())
        trial = run.propose()
        store.applied(trial, clock.now(), {"a.b": 1.0})
        store.frames(trial, run.pixels(0))
        answers.left = 1
        store.captured(trial, clock.now(), 0.1)
        store.estimated(trial, clock.now(), make_assessment(1.0))
        answers.left = 1
        store.finish(trial, TrialState.COMPLETE, clock.now())
    assert delays == ["line lost"] * 6
    assert [row.state for row in db.rows(session_id)] == ["FAILED", "ABORTED", "COMPLETE"]
    assert (len(db.events(session_id)), len(db.estimates(session_id))) == (1, 1)


def test_connections_that_the_server_cut_are_made_anew(
    postgres_url: str, new_session: Any, clock: Any, make_run: Any
) -> None:
    with open_database(postgres_url, create=True) as db:
        session_id = db.create_session(new_session())
        delays: list[str] = []
        with db.store(
            session_id, controller="a", clock=clock, on_delay=lambda _s, why: delays.append(why)
        ) as store:
            run = make_run(store)
            run.complete()
            # From another connection, as an administrator would.
            with open_database(postgres_url) as other, other._engine.begin() as connection:
                connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
                )
            run.complete()
        assert len(delays) >= 1
        assert [row.state for row in db.rows(session_id)] == ["COMPLETE", "COMPLETE"]


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> Waits:
    """Give the waits of this test alone, which nobody watches: the test asks."""
    made = Waits()
    monkeypatch.setattr(made, "_start", lambda: None)
    monkeypatch.setattr("hil.store.retry.WAITS", made)
    monkeypatch.setattr("hil.store.sql_store.WAITS", made)
    return made


def test_a_wait_for_a_database_without_room_is_told(
    waits: Waits, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also in the thick of a command; who goes on by the journal says nothing."""
    monkeypatch.setattr("hil.store.retry.is_passing", lambda error: True)
    full = OperationalError("INSERT", None, sqlite3.OperationalError("database or disk is full"))
    told: list[str] = []

    def work(attempt: int) -> int:
        if attempt == 1:
            raise full
        told.extend(waits.look(time.monotonic() + 4))
        return attempt

    assert Retry(600.0).run(work) == 2
    (line,) = told
    assert line.startswith("waiting for the database: database or disk is full (4")
    assert "10 min at most" in line
    (line,) = waits.look(time.monotonic() + 30)
    assert line.startswith("the database answers again, after 30 s")
    told.clear()
    assert Retry(5.0).run(work) == 2
    assert told == []


def test_an_ask_that_takes_long_is_no_wait_for_the_database(
    waits: Waits, sqlite_url: str, new_session: Any, clock: Any
) -> None:
    told: list[str] = []

    def ask(_rows: object, _attrs: object, number: int) -> Proposal:
        told.extend(waits.look(time.monotonic() + 100))
        return Proposal("search", {"a.b": 1.0})

    with open_database(sqlite_url, create=True) as db:
        session_id = db.create_session(new_session())
        with db.store(session_id, controller="a", clock=clock) as store:
            store.propose(ask)
    assert told == []
