"""What a check finds, what a vacuum gives back, what is counted."""

from __future__ import annotations

from hil.store import Database
from tests.hil.store.conftest import Run


def test_a_check_finds_frames_and_rows(db: Database, run: Run, session_id: str) -> None:
    run.complete(1.0)
    run.complete(2.0)
    assert db.problems() == []
    chunk = next((db.frames_folder / session_id / "000000" / "0").glob("c.0.1.*"))
    chunk.write_bytes(chunk.read_bytes()[:-3] + b"abc")
    with db._writing() as connection:
        connection.exec_driver_sql("UPDATE trial SET settings = '[1]' WHERE number = 1")
    found = "\n".join(db.problems())
    assert session_id[:8] in found
    with db._writing() as connection:
        connection.exec_driver_sql("UPDATE trial SET settings = '{}' WHERE number = 1")
    (problem,) = db.problems()
    assert "frames" in problem


def test_a_row_without_its_owner_is_found(db: Database, run: Run) -> None:
    run.complete(1.0)
    if db._engine.dialect.name != "sqlite":
        return  # PostgreSQL never lets it come to that
    with db._engine.connect() as connection:
        driver = connection.connection.dbapi_connection
        driver.execute("PRAGMA foreign_keys = OFF")
        driver.execute("UPDATE estimate SET trial_id = 'nobody'")
        driver.execute("PRAGMA foreign_keys = ON")
    assert db.problems() == ["a row of estimate belongs to a row of trial not there"]


def test_room_is_given_back(db: Database, session_id: str) -> None:
    db.note(session_id, "x" * 2_000_000)
    db.note(session_id, "")
    before, after = db.vacuum()
    if db._engine.dialect.name == "sqlite":  # PostgreSQL keeps the room for rows to come
        assert before - after > 1_000_000
    assert db.session(session_id).note == ""


def test_rows_and_bytes_are_counted(db: Database, run: Run) -> None:
    run.complete(1.0)
    found = db.stats()
    assert (found["trial"], found["session"], found["setting"]) == (1, 1, 2)
    assert found["database_bytes"] > 10_000
    files = [path for path in db.frames_folder.rglob("*") if path.is_file()]
    assert found["frames_bytes"] == sum(path.stat().st_size for path in files)
