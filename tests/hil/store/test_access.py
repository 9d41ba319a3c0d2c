"""Transactions of an open database: whole or not at all, and plain words for its errors."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from hil.errors import StoreError
from hil.store import Database


def test_a_write_that_fails_leaves_nothing(db: Database, session_id: str, clock: Any) -> None:
    with pytest.raises(ZeroDivisionError), db._writing() as connection:
        connection.execute(text("UPDATE session SET name = 'half done'"))
        raise ZeroDivisionError
    assert db.session(session_id).name == "sharpen"


def test_what_the_database_says_is_one_line(db: Database) -> None:
    with pytest.raises(StoreError, match="the database failed") as caught, db._reading() as open_:
        open_.execute(text("SELECT * FROM nowhere"))
    assert "\n" not in str(caught.value)


def test_one_that_only_reads_is_held_to_it_and_the_next_one_writes(
    db: Database, session_id: str
) -> None:
    with pytest.raises(StoreError), db._reading(read_only=True) as connection:
        connection.execute(text("UPDATE session SET name = 'x'"))
    db.note(session_id, "written after")
    assert db.session(session_id).note == "written after"
