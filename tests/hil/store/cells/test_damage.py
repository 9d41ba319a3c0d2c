"""The damaged cell of a database is named, on both kinds; one that is whole has none."""

from __future__ import annotations

import pytest
from sqlalchemy import JSON, TypeDecorator

from hil.errors import InputError
from hil.store import Database
from hil.store.cells.damage import damaged_cells, first_damage, leading_nowhere
from hil.store.models import Base
from tests.hil.store.conftest import Run

JSON_COLUMNS = [
    (table.name, column.name)
    for table in Base.metadata.sorted_tables
    for column in table.columns
    if isinstance(column.type, TypeDecorator) and isinstance(column.type.impl_instance, JSON)
]


def doctor(db: Database, table: str, column: str, value: object) -> bool:
    """Change a cell of all rows of a table, past all that a database checks; whether there are any."""
    mark = "?" if db._engine.dialect.name == "sqlite" else "%s"
    with db._writing() as connection:
        if db._engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
        done = connection.exec_driver_sql(f'UPDATE "{table}" SET "{column}" = {mark}', (value,))
        return done.rowcount > 0


def test_what_a_session_leaves_is_whole(db: Database, run: Run, session_id: str) -> None:
    run.complete(1.0)
    run.captured()
    db.note(session_id, "a note")
    with db.reading() as connection:
        assert list(damaged_cells(connection)) == []
        assert list(leading_nowhere(connection)) == []
        assert first_damage(connection) == ""


@pytest.mark.parametrize(("table", "column"), JSON_COLUMNS)
def test_the_null_of_json_is_named(
    table: str, column: str, db: Database, run: Run, session_id: str
) -> None:
    run.complete(1.0)
    if not doctor(db, table, column, "null"):
        assert table in {"calibration", "event"}
        return
    with db.reading() as connection:
        found = [(one.table, one.column, one.problem) for one in damaged_cells(connection)]
    assert {(one[0], one[1]) for one in found} == {(table, column)}
    assert all(one[2].startswith("null where ") for one in found)
    assert f"column {column}" in "\n".join(db.problems())


def test_bytes_numbers_and_nothing_are_named_in_every_column(db: Database, run: Run) -> None:
    if db._engine.dialect.name != "sqlite":
        return  # PostgreSQL lets no cell hold what its type has not
    run.complete(1.0)
    for table in ("session", "trial", "acquisition", "estimate"):
        for column in Base.metadata.tables[table].columns:
            if column.foreign_keys or column.primary_key:
                continue
            with db._engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
                changed = f'UPDATE "{table}" SET "{column.name}" = ?'
                connection.exec_driver_sql(changed, (b"\x80\xff",))
                found = first_damage(connection)
                connection.rollback()
            assert f"table {table}, row " in found
            assert f", column {column.name}: bytes" in found


def test_a_number_out_of_its_place_is_named(db: Database, run: Run, session_id: str) -> None:
    run.complete(1.0)
    run.complete(2.0)
    for number in (-1, 7):
        with db._writing() as connection:
            wrong = f"UPDATE trial SET number = {number} WHERE objective > 1.5"
            connection.exec_driver_sql(wrong)
        with db.reading() as connection:
            assert f", column number: {number} is none of 0 to 1" in first_damage(connection)
        with pytest.raises(InputError, match=f"column number: {number} is none of 0 to 1"):
            db.read_all(session_id)


@pytest.mark.parametrize(("left", "n"), [("{}", 0), ('{"a": 1.0, "b": 2.0}', 2)])
def test_a_trial_without_what_its_session_asks_for_is_named(
    left: str, n: int, db: Database, run: Run, session_id: str
) -> None:
    run.complete(1.0)
    doctor(db, "trial", "objectives", left)
    with pytest.raises(InputError, match=f"column objectives: {n} of them where the session"):
        db.read_all(session_id)
    with pytest.raises(InputError, match=f"column objectives: {n} of them where the session"), db:
        raise ValueError("The added trial has other objectives")  # as Optuna does


def test_work_that_fails_for_a_damaged_row_is_told_as_that(db: Database, run: Run) -> None:
    run.complete(1.0)
    with pytest.raises(ZeroDivisionError), db:
        raise ZeroDivisionError  # with the rows whole it is whatever it was
    doctor(db, "session", "extra", '{"layout": []}')
    with (
        pytest.raises(InputError, match=r"table session, row \w+, column extra: layout") as told,
        db,
    ):
        raise KeyError("fields")
    assert "\n" not in str(told.value)
    with pytest.raises(InputError, match="mine"), db:
        raise InputError("mine", "", "is wrong")
