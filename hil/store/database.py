"""An open database: questions, records, and the stores that controllers write through.

And how one is opened by its URL, looked for, and brought up to date.
"""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path

from hil.errors import InputError, NotWritable
from hil.records.html import rows_html
from hil.store import schema
from hil.store.calibration_archive import CalibrationArchive
from hil.store.driving import Driving
from hil.store.engine import connect, use_wal
from hil.store.entering import Entering
from hil.store.location import is_there, locate
from hil.store.upkeep.upkeep import Upkeep

_SHOWN = 10
_COLUMNS = ("session_id", "name", "rig", "state", "n_complete", "best")


class Database(Upkeep, CalibrationArchive, Entering, Driving):
    """An open database with its frames folder. Made by `hil.open_database`.

    Sessions are named by id, a unique beginning of one, or ``"last"``. Times are UTC. Methods that
    ask return DataFrames; JSON columns hold Python lists and dicts. ``with`` closes it.

    Raises
    ------
    InputError
        From every method: a session, trial, name or condition that there is not.
    StoreError
        From every method: the database or the frame files failed.
    """

    def _repr_html_(self) -> str:
        rows = self.session_rows(limit=_SHOWN)
        columns = [rows.column(name) for name in _COLUMNS]
        lines = [(str(key)[:8], *others) for key, *others in zip(*columns, strict=True)]
        return rows_html(f"newest sessions of {self.url}", _COLUMNS, lines)


def open_database(
    url: str | None = None,
    *,
    frames: Path | None = None,
    create: bool = False,
    read_only: bool = False,
) -> Database:
    """Open a database. Its schema is never changed by that.

    Parameters
    ----------
    url
        ``sqlite:///FILE`` or ``postgresql://USER@HOST/NAME``; the password may come from
        ``PGPASSWORD`` or a passfile. By default ``$HIL_DATABASE``, else hil.db in this folder.
    frames
        Folder of the frame files. By default ``$HIL_FRAMES``, else hil-frames beside the SQLite
        file, or in this folder for PostgreSQL.
    create
        Make the file and the tables where there are none.
    read_only
        The database refuses every write that is tried by this way. Not with ``create``.

    Raises
    ------
    InputError
        The URL is wrong, or what it names cannot be used: missing, unreachable, no database, of
        another program, of another schema, or a SQLite file on a network share.
    """
    location = locate(url, frames)
    file = location.file
    if file is not None and not is_there(file):
        if not create:
            raise InputError(file, "", "no database there: `hil run` or `hil demo` makes one")
        if not file.parent.is_dir():
            raise InputError(file, "", f"there is no folder {file.parent}")
    engine = connect(location, read_only=read_only)
    try:
        if create:
            schema.create(engine, location)
        else:
            schema.check(engine, location)
        if not read_only:
            use_wal(engine)
    except sqlite3.Error as error:
        engine.dispose()
        raise InputError(location.shown, "", str(error)) from error
    except BaseException:
        engine.dispose()
        raise
    return Database(engine, location)


def frames_folder(url: str | None = None, *, frames: Path | None = None) -> Path:
    """Tell where a database's frames lie; nothing is opened.

    Raises
    ------
    InputError
        The URL is wrong.
    """
    return locate(url, frames).frames


def database_exists(url: str | None = None, *, made: bool = False) -> bool:
    """Whether there is a database with tables at a URL; nothing is made.

    Parameters
    ----------
    url
        As for `open_database`.
    made
        Whether one is going to be made where there is none: it must be possible.

    Raises
    ------
    InputError
        The URL is wrong, or what is there is no database, unreachable or another program's.
    """
    location = locate(url, None)
    if location.file is not None and not is_there(location.file):
        if not location.file.parent.is_dir():
            raise InputError(location.file, "", f"there is no folder {location.file.parent}")
        if made:
            _check_place(location.file)
        return False
    engine = connect(location)
    try:
        return schema.is_there(engine, location)
    finally:
        engine.dispose()


def _check_place(file: Path) -> None:
    """Refuse a folder in which no file can be made; nothing stays behind."""
    try:
        with tempfile.TemporaryFile(dir=file.parent) as made:
            made.write(b"hil")
    except OSError as error:
        raise NotWritable(file, error.strerror or str(error)) from None


def migrate(url: str | None = None) -> list[str]:
    """Bring a database's schema up to date; a SQLite file is copied beside itself first.

    Returns
    -------
    list of str
        The revisions that were applied; empty if it was up to date.

    Raises
    ------
    InputError
        As for `open_database`.
    StoreError
        It failed; the database is as it was.
    """
    location = locate(url, None)
    if location.file is not None and not is_there(location.file):
        raise InputError(location.file, "", "no database there")
    engine = connect(location)
    try:
        return schema.migrate(engine, location)
    finally:
        engine.dispose()
