"""Connections: how SQLite and PostgreSQL are opened, and how one writer at a time is ensured."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError
from sqlalchemy.util import LRUCache

from hil.errors import InputError
from hil.locks.descriptors import identity, leading_to
from hil.store.columns import dump_json, load_json
from hil.store.location import Location, is_there

# How long SQLite itself waits for a lock. Short, since Ctrl-C is not heard meanwhile: longer waits
# are made by `hil.store.retry`, which says that it waits.
BUSY_TIMEOUT_S = 2.0
CONNECT_TIMEOUT_S = 10
# A server whose machine has lost its power, or its cable, answers nothing, not even that it is
# gone; the system's own patience is two hours. One that is merely frozen is waited for.
_GONE_AFTER_60_S = {
    "keepalives": 1,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}

_IMMEDIATE = "hil_immediate"
_BEGINNING = b"SQLite format 3\0"


class _Compiled(LRUCache[Any, Any]):
    """Statements as SQLite takes them, by all but the engine for which they were compiled.

    Compiling one takes longer than a small file's answer, and a program opens its database often;
    all engines for SQLite files speak alike.
    """

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return super().get(key[1:], default)

    def __setitem__(self, key: tuple[Any, ...], value: Any) -> None:
        super().__setitem__(key[1:], value)


_COMPILED = _Compiled(500)  # SQLAlchemy's own number


def connect(location: Location, *, read_only: bool = False) -> Engine:
    """Make the engine; nothing is opened before the first use.

    Parameters
    ----------
    read_only
        The database itself refuses every write that is tried through it.
    """
    if location.file is None:
        options = {"options": "-c default_transaction_read_only=on"} if read_only else {}
        return create_engine(
            location.url,
            json_serializer=dump_json,
            json_deserializer=load_json,
            connect_args={"connect_timeout": CONNECT_TIMEOUT_S, **_GONE_AFTER_60_S, **options},
        )
    archived = lies_in_an_archive(location.file)
    engine = create_engine(
        location.url,
        json_serializer=dump_json,
        json_deserializer=load_json,
        connect_args={"timeout": BUSY_TIMEOUT_S},
        execution_options={"compiled_cache": _COMPILED},
        **({"creator": partial(_open_in_archive, location.file)} if archived else {}),
    )
    event.listen(engine, "connect", _prepare_sqlite)
    if read_only:
        event.listen(engine, "connect", _only_read_sqlite)
    event.listen(engine, "begin", _SameFile(location.file).check)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def lies_in_an_archive(file: Path) -> bool:
    """Whether a SQLite file lies where nobody may write, so that nobody changes it meanwhile.

    SQLite itself does not read one there: what lies beside it while it is used cannot be made.

    Raises
    ------
    InputError
        What was written last stands in its log alone, which cannot be read there either.
    """
    if os.access(file.parent, os.W_OK) or not is_there(file):
        return False
    log = file.with_name(f"{file.name}-wal")
    with suppress(OSError):
        if log.stat().st_size:
            advice = f"a copy of it and of {log.name} in a folder of your own can be read"
            raise InputError(file, "", f"was not closed, and its folder is read-only: {advice}")
    return True


def _open_in_archive(file: Path) -> sqlite3.Connection:
    where = f"file:{quote(file.absolute().as_posix())}?mode=ro&immutable=1"
    return sqlite3.connect(where, uri=True, timeout=BUSY_TIMEOUT_S, check_same_thread=False)


def _prepare_sqlite(dbapi_connection: Any, _record: object) -> None:
    # Python's sqlite3 would begin transactions by itself, late, and never as IMMEDIATE.
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _only_read_sqlite(dbapi_connection: Any, _record: object) -> None:
    dbapi_connection.execute("PRAGMA query_only = ON").close()


@contextmanager
def unsynced(engine: Engine) -> Iterator[None]:
    """Let this process's commits to a SQLite file not wait for the disk until the end, which does.

    A process that dies loses nothing. A machine that loses its power may lose the last of them, and
    of them alone: the file stays whole, and other processes' commits wait as before.
    """
    if engine.dialect.name != "sqlite":
        yield
        return
    event.listen(engine, "connect", _sync_seldom)
    engine.dispose()  # connections that are open wait for the disk
    try:
        yield
    finally:
        event.remove(engine, "connect", _sync_seldom)
        engine.dispose()
        with suppress(DBAPIError, sqlite3.Error), engine.connect() as connection:
            driver: Any = connection.connection.dbapi_connection
            driver.execute("PRAGMA wal_checkpoint(PASSIVE)").close()


def _sync_seldom(dbapi_connection: Any, _record: object) -> None:
    dbapi_connection.execute("PRAGMA synchronous = NORMAL").close()


def use_wal(engine: Engine) -> None:
    """Switch a SQLite file to write-ahead logging, which it remembers.

    Not at every connection: another program's file, opened by mistake, stays as it is.
    """
    database = engine.url.database
    if engine.dialect.name != "sqlite" or (database and lies_in_an_archive(Path(database))):
        return
    with engine.connect() as connection:
        driver: Any = connection.connection.dbapi_connection
        # Beside SQLAlchemy's transaction, inside of which the mode cannot change.
        (mode,) = driver.execute("PRAGMA journal_mode").fetchone()
        if mode != "wal":
            driver.execute("PRAGMA journal_mode = WAL")


class _SameFile:
    """Watches that a SQLite file stays where it was opened.

    On Linux and macOS a file that is deleted or replaced can be written to as before, until its
    last user closes it: a night of trials would be gone without a word. So it would be where
    somebody writes over it in place (``> hil.db``, a program that copies files back), which SQLite
    does not see while all that it needs is in its memory and its log. And where a library closes
    descriptors that are not its own, SQLite would write to whatever file has the number next.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._identity: tuple[int, int] | None = None
        self._number: int | None = None  # one of the descriptors that lead there
        self._written = False  # whether it began as a database

    def check(self, _connection: Connection) -> None:
        """Refuse a transaction on a file that is no longer there; it may come back."""
        try:
            found = self._path.stat()
        except OSError:
            now = None
        else:
            now = found.st_dev, found.st_ino
        if self._identity is None:
            self._identity = now  # None before the first write: SQLite makes the file with that
        elif now != self._identity:
            said = f"{self._path} was {'replaced' if now else 'moved or deleted'} while in use"
            raise OperationalError("BEGIN", None, sqlite3.OperationalError(said))
        self._check_open()

    def _check_open(self) -> None:
        """Refuse one for good where the connection that asks has lost its file."""
        if self._identity is None or sys.platform == "win32":  # where SQLite has no descriptors
            return
        if self._number is None or identity(self._number) != self._identity:
            found = next(leading_to(self._identity), None)
            if found is None and self._number is not None:
                said = f"a library in this program has closed {self._path}"
                raise DatabaseError("BEGIN", None, sqlite3.DatabaseError(said))
            self._number = found
        if self._number is not None:
            self._check_beginning(self._number)

    def _check_beginning(self, number: int) -> None:
        """Refuse one for good where the file begins as none of SQLite's any more."""
        # Through SQLite's own descriptor: with another that is closed its locks would be gone.
        try:
            begins = os.pread(number, len(_BEGINNING), 0) == _BEGINNING
        except OSError:  # one that cannot be read from, or a disk that fails: SQLite will say
            return
        if self._written and not begins:
            said = f"{self._path} was overwritten while in use: it is no database any more"
            raise DatabaseError("BEGIN", None, sqlite3.DatabaseError(said))
        self._written = begins


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get(_IMMEDIATE)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


@contextmanager
def writing(engine: Engine, section: str | None = None) -> Iterator[Connection]:
    """Run one transaction that writes.

    Parameters
    ----------
    section
        Name of a critical section: of all processes on this database, one at a time is inside.
        On SQLite every writer is alone in any case. None where the rows alone decide.
    """
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            # A transaction that turns from reading to writing can fail where one that begins as a
            # writer waits, so every writer begins as one.
            connection = connection.execution_options(**{_IMMEDIATE: True})
        with connection.begin():
            if section is not None and engine.dialect.name == "postgresql":
                connection.execute(
                    text("SELECT pg_advisory_xact_lock(:key)"), {"key": _lock_key(section)}
                )
            yield connection


def _lock_key(section: str) -> int:
    digest = hashlib.sha256(f"hil:{section}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def is_passing(error: BaseException) -> bool:
    """Whether an error of the database may pass: it is locked, away, or has no room."""
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        # Serialization failure, deadlock, lock not available, shutdown and start-up of the server,
        # its disk; all of class 08, connection exception, and 53, insufficient resources.
        return state in {"40001", "40P01", "55P03", "57P01", "57P02", "57P03", "58030"} or (
            str(state).startswith(("08", "53"))
        )
    if not isinstance(error, OperationalError):
        return False
    name = getattr(error.orig, "sqlite_errorname", None)
    if name is not None:
        # A quota is told as an error of the disk.
        return str(name).startswith(("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR"))
    return True  # psycopg could not connect: there is no state where there is no server


def is_read_only(error: BaseException | None) -> bool:
    """Whether the database, its file, or the folder of it may be read and not written."""
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:  # a transaction that only reads, a role that may not write
        return state in {"25006", "42501"}
    name = str(getattr(error.orig, "sqlite_errorname", ""))
    return name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM"))


def is_of_the_place(error: BaseException) -> bool:
    """Whether an error tells of the database itself, not of what it was told.

    It is read-only by now, moved, broken: what it was to be told is still right.
    """
    return isinstance(error, OperationalError) or type(error) is DatabaseError


def one_line(error: BaseException) -> str:
    """Say what the database said, without the statement and its values."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    lines = str(cause).strip().splitlines()
    return lines[0].strip() if lines else type(cause).__name__
