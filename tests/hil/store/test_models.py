"""Keys that databases can be merged by, and states that the tables hold to."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text

from hil.errors import StoreError
from hil.store import Database
from hil.store.models import Base, ordered_id, random_id


def test_keys_are_32_digits_and_never_the_same() -> None:
    made = [make() for make in (random_id, ordered_id) for _ in range(200)]
    assert all(re.fullmatch("[0-9a-f]{32}", key) for key in made)
    assert len(set(made)) == len(made)


def test_ordered_keys_sort_by_the_time_they_were_made(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([1, 2, 10, 2**60])
    monkeypatch.setattr("hil.store.models.time.time_ns", lambda: next(times))
    made = [ordered_id() for _ in range(4)]
    assert sorted(made) == made


def test_every_constraint_has_a_name_that_migrations_can_use() -> None:
    for table in Base.metadata.tables.values():
        for constraint in table.constraints:
            assert constraint.name, f"{table.name}: {constraint!r}"


def test_the_table_itself_refuses_a_state_that_there_is_not(db: Database, session_id: str) -> None:
    with pytest.raises(StoreError), db._writing() as connection:
        connection.execute(text("UPDATE session SET state = 'DONE'"))
