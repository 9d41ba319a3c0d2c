"""Making, opening and migrating databases; the stored ones of released schemas still open."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from hil.errors import InputError, StoreError
from hil.records.session import SessionState
from hil.store import Database, database_exists, migrate, open_database
from hil.store.asking.summary import SUMMARY
from hil.store.models import Base
from hil.store.schema import HEAD, REVISIONS

SCHEMAS = Path(__file__).parents[2] / "fixtures" / "schema"


def _execute(url: str, *statements: str) -> None:
    engine = create_engine(make_url(url.replace("postgresql://", "postgresql+psycopg://")))
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def test_the_migrations_make_what_the_models_say(db: Database) -> None:
    sqlite = db._engine.dialect.name == "sqlite"

    def wanted(item: Any, name: str | None, kind: str, *_: object) -> bool:
        # Indexes for PostgreSQL alone, which Alembic does not know to be that.
        return not (sqlite and kind == "index" and (name or "").endswith("_best"))

    with db._engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": wanted})
        assert compare_metadata(context, Base.metadata) == []


def test_the_view_and_the_queries_have_the_same_columns_and_values(
    db: Database, run: Any, session_id: str
) -> None:
    run.complete(bits=1.5)
    run.failed("stage did not settle")
    view = db.sql("SELECT * FROM trial_summary ORDER BY number")
    assert list(view.columns) == list(SUMMARY)
    frame = db.trials(session_id)
    for name in ("session_id", "session_name", "rig", "number", "state", "reason", "objective",
                 "ci_low", "ci_high", "n_frames", "device_s", "total_s"):  # fmt: skip
        assert list(view[name].fillna(-1)) == list(frame[name].fillna(-1)), name


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_stored_database_of_every_released_schema_opens(revision: str, tmp_path: Path) -> None:
    file = Path(shutil.copy(SCHEMAS / f"{revision}.db", tmp_path / "old.db"))
    url = f"sqlite:///{file}"
    assert migrate(url) == list(REVISIONS[REVISIONS.index(revision) + 1 :])
    with open_database(url) as database:
        record = database.session("last")
        assert (record.name, record.state) == ("sharpen", SessionState.COMPLETE)
        frame = database.trials("last")
        assert list(frame["state"]) == ["COMPLETE", "FAILED"]
        assert list(frame["mirror.z5_nm"].dropna()) == [12.5]
        assert database.estimates("last")["bits_per_pixel"][0] == 1.25
        assert list(database.events("last")["kind"]) == ["park"]


def test_opening_does_not_make_a_file(sqlite_url: str, tmp_path: Path) -> None:
    assert not database_exists(sqlite_url)
    with pytest.raises(InputError, match="`hil run` or `hil demo` makes one"):
        open_database(sqlite_url)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no folder"):
        open_database(f"sqlite:///{tmp_path / 'no' / 'hil.db'}", create=True)


def test_opening_an_empty_database_needs_create(postgres_url: str) -> None:
    with pytest.raises(InputError, match="no tables yet"):
        open_database(postgres_url)
    assert not database_exists(postgres_url)
    open_database(postgres_url, create=True).close()
    assert database_exists(postgres_url)
    open_database(postgres_url).close()


def test_a_server_that_is_not_there_is_an_input_error() -> None:
    with pytest.raises(InputError) as caught:
        open_database("postgresql://ada:geheim@127.0.0.1:1/lab")
    assert "geheim" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"not a database at all, but long enough" * 100, b"x"])
def test_a_file_that_is_no_database_is_refused_and_unchanged(
    tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "notes.txt"
    file.write_bytes(content)
    for create in (False, True):
        with pytest.raises(InputError, match="not a database"):
            open_database(f"sqlite:///{file}", create=create)
    assert file.read_bytes() == content


def test_another_programs_file_is_not_touched(sqlite_url: str, tmp_path: Path) -> None:
    _execute(sqlite_url, "CREATE TABLE recipes (id INTEGER)")
    before = (tmp_path / "hil.db").read_bytes()
    with pytest.raises(InputError, match="another program"):
        open_database(sqlite_url, create=True)
    assert (tmp_path / "hil.db").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_another_programs_database_is_refused(url: str) -> None:
    _execute(url, "CREATE TABLE recipes (id INTEGER)")
    for create in (False, True):
        with pytest.raises(InputError, match="another program"):
            open_database(url, create=create)


def test_a_newer_schema_is_refused(url: str) -> None:
    open_database(url, create=True).close()
    _execute(url, "UPDATE alembic_version SET version_num = '9999'")
    for attempt in (open_database, migrate):
        with pytest.raises(InputError, match="newer version of hil"):
            attempt(url)


def test_an_older_schema_is_migrated_only_when_asked(sqlite_url: str, tmp_path: Path) -> None:
    _execute(sqlite_url, "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
    before = (tmp_path / "hil.db").read_bytes()
    with pytest.raises(InputError, match="hil db migrate"):
        open_database(sqlite_url, create=True)
    assert migrate(sqlite_url) == list(REVISIONS)
    assert migrate(sqlite_url) == []
    open_database(sqlite_url).close()
    (copy,) = tmp_path.glob("*.bak")
    with contextlib.closing(sqlite3.connect(copy)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
    assert tables == [("alembic_version",)]
    assert len(before) == copy.stat().st_size


def test_a_migration_that_fails_changes_nothing(sqlite_url: str) -> None:
    _execute(
        sqlite_url,
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)",
        "CREATE TABLE event (id INTEGER)",
    )
    with pytest.raises(StoreError, match="migration failed"):
        migrate(sqlite_url)
    with contextlib.closing(sqlite3.connect(make_url(sqlite_url).database or "")) as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    assert names == {"alembic_version", "event"}


def test_sqlite_is_durable_and_checked(sqlite_url: str) -> None:
    with (
        open_database(sqlite_url, create=True) as database,
        database._engine.connect() as connection,
    ):
        pragmas = ("journal_mode", "synchronous", "foreign_keys")
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in pragmas]
    assert found == ["wal", 2, 1]
    assert HEAD == REVISIONS[-1]


def test_looking_into_a_file_again_leaves_the_locks_of_open_connections(tmp_path: Path) -> None:
    """What a process closes by itself takes SQLite's locks along, and the next to leave the log."""
    url = f"sqlite:///{(tmp_path / 'hil.db').as_posix()}"
    leave = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]);"
        " c.execute('select * from session').fetchall(); c.close()"
    )
    with open_database(url, create=True) as held:
        held.event(None, "park", datetime.now(UTC), {})
        open_database(url).close()
        subprocess.run([sys.executable, "-c", leave, str(tmp_path / "hil.db")], check=True)
        assert (tmp_path / "hil.db-wal").exists()
        held.event(None, "park", datetime.now(UTC), {})
        assert len(held.events()) == 2
