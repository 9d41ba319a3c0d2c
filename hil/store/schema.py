"""Which schema a database has, and how it gets the present one. Opening never migrates."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from hil.errors import InputError, NotWritable, StoreError
from hil.store.engine import is_read_only, one_line, writing
from hil.store.location import Location

# Every released schema, oldest first. Kept here so that opening a database needs no Alembic.
REVISIONS = ("0001", "0002", "0003")
HEAD = REVISIONS[-1]

_SQLITE_HEAD = b"SQLite format 3\0"

_SMALLEST = 512  # bytes of a SQLite file: of a larger one SQLite says itself that it is none
_SEEN: set[tuple[int, int]] = set()  # device and inode of files that this process has looked into

_MIGRATIONS = Path(__file__).parent / "migrations"


def revision(connection: Connection) -> str | None:
    """Read the schema's revision: None for a database without tables, "" for one never finished.

    Raises
    ------
    InputError
        The database belongs to some other program.
    """
    tables = inspect(connection).get_table_names()
    if "alembic_version" in tables:
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return str(found) if found else ""
    if not tables:
        return None
    raise InputError("--db", "", f"the database belongs to another program (table {tables[0]!r})")


def check(engine: Engine, location: Location) -> None:
    """See that the database can be used as it is.

    Raises
    ------
    InputError
        It cannot be reached or read, is no database, or has another schema.
    """
    found = _revision_or_refuse(engine, location)
    if found is None:
        raise InputError(
            location.shown, "", "the database has no tables yet: `hil run` or `hil demo` makes them"
        )
    _refuse_newer(found, location)
    if found != HEAD:
        raise InputError(
            location.shown,
            "",
            f"the database has the older schema {found or 'of an unfinished migration'},"
            f" this program needs {HEAD}: `hil db migrate` brings it up to date",
        )


def is_there(engine: Engine, location: Location) -> bool:
    """Whether the database has tables of this program, of whatever revision."""
    return _revision_or_refuse(engine, location) is not None


def create(engine: Engine, location: Location) -> None:
    """Make the tables where there are none; leave everything else to `check`."""
    if _revision_or_refuse(engine, location) is None:
        _upgrade(engine, location)
    check(engine, location)


def migrate(engine: Engine, location: Location) -> list[str]:
    """Bring the schema up to date, after a copy of a SQLite file.

    Returns
    -------
    list of str
        The revisions that were applied, oldest first; empty if there was nothing to do.

    Raises
    ------
    InputError
        As for `check`; a database without tables is refused too.
    StoreError
        The copy or the migration failed; the database is as it was.
    """
    found = _revision_or_refuse(engine, location)
    if found is None:
        raise InputError(location.shown, "", "the database has no tables, so nothing to migrate")
    _refuse_newer(found, location)
    if found == HEAD:
        return []
    if location.file is not None:
        _copy(location.file, found or "unfinished")
    return _upgrade(engine, location)


def _refuse_newer(found: str, location: Location) -> None:
    if found and found not in REVISIONS:
        raise InputError(
            location.shown,
            "",
            f"the database has schema {found} of a newer version of hil,"
            f" this one knows up to {HEAD}: update the program",
        )


def _revision_or_refuse(engine: Engine, location: Location) -> str | None:
    try:
        if location.file is not None:
            _refuse_other_file(location.file)
        with engine.connect() as connection:
            return revision(connection)
    except InputError as error:
        raise InputError(location.shown, "", error.problem) from error
    except OSError as error:
        raise InputError(location.shown, "", error.strerror or str(error)) from error
    except DBAPIError as error:
        raise InputError(location.shown, "", one_line(error)) from error


def _refuse_other_file(file: Path) -> None:
    # SQLite itself takes a file of a few bytes for a new database, and would write over it.
    if not file.exists():
        return
    status = file.stat()
    key = (status.st_dev, status.st_ino)
    # Not twice: to close a file lets go of all locks that this process has on it (POSIX), those of
    # SQLite's open connections too, and the next process to leave then takes their log away.
    if key in _SEEN and status.st_size >= _SMALLEST:
        return
    with file.open("rb") as opened:
        head = opened.read(len(_SQLITE_HEAD))
    if head and head != _SQLITE_HEAD:
        raise InputError("--db", "", "file is not a database")
    if head:
        _SEEN.add(key)


def _copy(file: Path, name: str) -> Path:
    """Copy a SQLite file with all that its journal holds; never over an older copy."""
    for number in range(1, 1000):
        target = file.with_name(f"{file.name}.{name}-{number}.bak")
        if target.exists():
            continue
        try:
            with (
                contextlib.closing(sqlite3.connect(file)) as source,
                contextlib.closing(sqlite3.connect(target)) as copy,
            ):
                source.backup(copy)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"{target}: the copy failed, nothing was migrated: {error}") from error
        return target
    raise StoreError(f"{file}: too many copies (.bak) beside it, nothing was migrated")


def _upgrade(engine: Engine, location: Location) -> list[str]:
    # Imported here: making and migrating are rare, opening is not.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    try:
        with writing(engine, section="schema") as connection:
            # Another process may have done it while this one waited for the lock.
            before = revision(connection)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except DBAPIError as error:
        if is_read_only(error):
            raise NotWritable(location.shown, one_line(error)) from error
        raise StoreError(f"{location.shown}: migration failed: {one_line(error)}") from error
    except CommandError as error:
        raise StoreError(f"{location.shown}: migration failed: {error}") from error
    return list(REVISIONS[REVISIONS.index(before) + 1 if before else 0 :])
