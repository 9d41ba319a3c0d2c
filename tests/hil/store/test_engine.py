"""What passes by itself is tried again; all else is said, in one line."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Integer, column, event, select, table
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError, ProgrammingError

from hil.errors import InputError
from hil.locks.descriptors import leading_to
from hil.store import open_database
from hil.store.engine import _lock_key, connect, is_passing, one_line, unsynced, use_wal, writing
from hil.store.location import locate


class ServerError(Exception):
    def __init__(self, sqlstate: str) -> None:
        super().__init__(f"server says {sqlstate}\nin two lines")
        self.sqlstate = sqlstate


def sqlite_error(name: str = "SQLITE_BUSY") -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorname = name
    return error


@pytest.mark.skipif(sys.platform == "win32", reason="SQLite has no descriptors there")
def test_a_file_that_a_library_has_closed_is_written_to_no_more(tmp_path: Path) -> None:
    path = tmp_path / "hil.db"
    engine = connect(locate(f"sqlite:///{path.as_posix()}", None))
    with writing(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE t (x)")
    found = path.stat()
    for number in leading_to((found.st_dev, found.st_ino)):
        os.close(number)
    stranger = (tmp_path / "frames").open("w+")  # which may get the number
    for _ in range(2):
        with pytest.raises(DatabaseError, match=r"has closed .*hil\.db") as caught:
            with writing(engine) as connection:
                connection.exec_driver_sql("INSERT INTO t VALUES (1)")
        assert not is_passing(caught.value)
    assert stranger.read() == ""
    stranger.close()
    engine.dispose()
    anew = connect(locate(f"sqlite:///{path.as_posix()}", None))
    with anew.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    anew.dispose()


def test_a_statement_is_compiled_once_and_each_file_gives_its_own_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[object] = []
    visit = SQLiteCompiler.visit_select

    def counted(compiler: SQLiteCompiler, select: Any, *given: Any, **options: Any) -> Any:
        compiled.append(select)
        return visit(compiler, select, *given, **options)

    monkeypatch.setattr(SQLiteCompiler, "visit_select", counted)
    of_this_test = table("of_this_test", column("x", Integer), column("why", JSON))
    for number in (1, 2, 3):
        path = tmp_path / f"{number}.db"
        engine = connect(locate(f"sqlite:///{path.as_posix()}", None))
        with writing(engine) as connection:
            connection.exec_driver_sql("CREATE TABLE of_this_test (x INTEGER, why JSON)")
            connection.execute(of_this_test.insert(), {"x": number, "why": {"of": [number]}})
            asked = select(of_this_test).where(of_this_test.c.x > number - 1)
            assert connection.execute(asked).all() == [(number, {"of": [number]})]
        engine.dispose()
    assert len(compiled) == 1


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (OperationalError("", {}, sqlite_error()), True),
        (OperationalError("", {}, sqlite_error("SQLITE_FULL")), True),
        (OperationalError("", {}, sqlite_error("SQLITE_IOERR_WRITE")), True),
        (OperationalError("", {}, sqlite_error("SQLITE_READONLY")), False),
        (OperationalError("", {}, ServerError("53100")), True),
        (OperationalError("", {}, ServerError("40001")), True),
        (OperationalError("", {}, ServerError("08006")), True),
        (ProgrammingError("", {}, ServerError("42601")), False),
        (DBAPIError("", {}, Exception("gone"), connection_invalidated=True), True),
        (ValueError("locked"), False),
    ],
    ids=[
        "locked",
        "full",
        "quota",
        "read only",
        "server's disk",
        "serialization",
        "connection",
        "syntax",
        "cut off",
        "not the database's",
    ],
)
def test_locks_and_lost_connections_pass_and_mistakes_do_not(
    error: Exception, passes: bool
) -> None:
    assert is_passing(error) is passes


def test_one_line_has_neither_statement_nor_values() -> None:
    error = OperationalError("SELECT secret", {"p": 1}, ServerError("08006"))
    assert one_line(error) == "server says 08006"


def test_sections_have_keys_of_their_own_that_a_server_takes() -> None:
    keys = {_lock_key(name) for name in ("rig", "lease:a", "lease:b")}
    assert len(keys) == 3
    assert all(-(2**63) <= key < 2**63 for key in keys)
    assert _lock_key("rig") == _lock_key("rig")


def test_a_server_whose_machine_is_gone_is_not_waited_for_by_the_hour() -> None:
    engine = connect(locate("postgresql://somebody@localhost/hil", None))
    asked: dict[str, object] = {}

    @event.listens_for(engine, "do_connect")
    def _note(_dialect: object, _record: object, _args: object, named: dict[str, object]) -> None:
        asked.update(named)
        raise ConnectionRefusedError

    with pytest.raises(ConnectionRefusedError):
        engine.connect()
    assert asked["keepalives_idle"] == 30
    assert asked["tcp_user_timeout"] == 60_000


def test_sqlite_writes_durably_checks_keys_and_begins_as_a_writer(tmp_path: Path) -> None:
    engine = connect(locate(f"sqlite:///{tmp_path / 'a.db'}", None))
    use_wal(engine)
    with writing(engine) as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("synchronous", "foreign_keys", "journal_mode")
        }
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            # BEGIN IMMEDIATE holds the lock although nothing has been written yet
            sqlite3.connect(tmp_path / "a.db", timeout=0).execute("BEGIN IMMEDIATE")
    engine.dispose()
    assert pragmas == {"synchronous": 2, "foreign_keys": 1, "journal_mode": "wal"}


def test_commits_wait_for_the_disk_but_where_they_need_not(tmp_path: Path) -> None:
    location = locate(f"sqlite:///{(tmp_path / 'hil.db').as_posix()}", None)
    engine, other = connect(location), connect(location)
    use_wal(engine)

    def synchronous(asked: Any) -> int:
        with asked.connect() as connection:
            return int(connection.exec_driver_sql("PRAGMA synchronous").scalar_one())

    full, normal = 2, 1
    assert synchronous(engine) == full
    with unsynced(engine):
        assert (synchronous(engine), synchronous(other)) == (normal, full)
        with writing(engine) as connection:
            connection.exec_driver_sql("CREATE TABLE t (x INTEGER)")
            connection.exec_driver_sql("INSERT INTO t VALUES (7)")
    assert synchronous(engine) == full
    # what was written lies in the file itself, and not beside it alone
    shutil.copy(tmp_path / "hil.db", tmp_path / "copy.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copied:
        assert copied.execute("SELECT x FROM t").fetchall() == [(7,)]
    engine.dispose()
    other.dispose()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows moves no file that is open")
@pytest.mark.parametrize("instead", [False, True], ids=["moved", "replaced"])
def test_a_file_that_is_taken_away_is_written_to_no_more(instead: bool, tmp_path: Path) -> None:
    location = locate(f"sqlite:///{(tmp_path / 'hil.db').as_posix()}", None)
    engine = connect(location)
    with writing(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE night (trial INTEGER)")
    (tmp_path / "hil.db").rename(tmp_path / "moved.db")
    if instead:
        (tmp_path / "hil.db").write_bytes(b"")
    with pytest.raises(OperationalError) as caught, writing(engine) as connection:
        connection.exec_driver_sql("INSERT INTO night VALUES (1)")
    assert is_passing(caught.value), "it may be put back"
    assert "hil.db was " in one_line(caught.value)
    (tmp_path / "moved.db").replace(tmp_path / "hil.db")
    with writing(engine) as connection:
        connection.exec_driver_sql("INSERT INTO night VALUES (2)")
        assert connection.exec_driver_sql("SELECT trial FROM night").scalars().all() == [2]
    engine.dispose()


@pytest.mark.skipif(sys.platform == "win32", reason="SQLite has no descriptors there")
@pytest.mark.parametrize("by", [b"", b"garbage" * 9000], ids=["nothing", "garbage"])
def test_a_file_that_is_written_over_is_told_before_anything_is_entered(
    by: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "hil.db"
    engine = connect(locate(f"sqlite:///{path.as_posix()}", None))
    use_wal(engine)
    for _ in range(2):  # SQLite has its pages in memory and in its log, and sees nothing of it
        with writing(engine) as connection:
            connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS night (trial INTEGER)")
    path.write_bytes(by)
    for _ in range(2):
        with pytest.raises(DatabaseError, match=r"hil\.db was overwritten while in use") as caught:
            with writing(engine) as connection:
                connection.exec_driver_sql("INSERT INTO night VALUES (1)")
        assert not is_passing(caught.value)
    engine.dispose()


def test_a_database_in_an_archive_is_read_and_nothing_is_made_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_database(f"sqlite:///{(tmp_path / 'hil.db').as_posix()}", create=True):
        pass
    # Permissions keep nobody out who is root, as in a container.
    monkeypatch.setattr("hil.store.engine.os.access", lambda *_: False)
    before = sorted(tmp_path.iterdir())
    with open_database(f"sqlite:///{(tmp_path / 'hil.db').as_posix()}") as database:
        assert len(database.sessions()) == 0
        assert sorted(tmp_path.iterdir()) == before
        engine = connect(database.location)
    with pytest.raises(OperationalError, match="readonly"), writing(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE t (x)")
    engine.dispose()
    (tmp_path / "hil.db-wal").write_bytes(b"what was written last")
    with pytest.raises(InputError, match=r"was not closed, .* a copy of it and of hil\.db-wal"):
        open_database(f"sqlite:///{(tmp_path / 'hil.db').as_posix()}")
