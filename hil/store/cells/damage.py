"""The first cell of a database that holds what hil never writes there.

Tables are read as they lie, past the column types: a cell that these cannot read is what is looked
for. That takes seconds for a large database, so it is asked for only where something has failed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Table, inspect, select

from hil.records.trial import TrialState
from hil.store.cells.rules import Rule, rule_of, shown
from hil.store.columns import JsonArray, JsonObject, Real, Utc, Whole
from hil.store.models import Base, SessionTable, TrialTable

_MANY = 2000


@dataclass(frozen=True, slots=True)
class Damage:
    """A cell that holds what hil never writes there.

    Parameters
    ----------
    table, row, column
        Where it is; the row by its key.
    problem
        What is wrong, as a clause.
    """

    table: str
    row: str
    column: str
    problem: str

    def __str__(self) -> str:
        return f"table {self.table}, row {self.row}, column {self.column}: {self.problem}"


def first_damage(connection: Connection) -> str:
    """Name the first cell that is damaged, or that other rows contradict; empty where none is.

    Parameters
    ----------
    connection
        As for `damaged_cells`.
    """
    for look in (damaged_cells, leading_nowhere, numbers_amiss, objectives_amiss):
        found = next(look(connection), None)
        if found is not None:
            return str(found)
    return ""


def damaged_cells(connection: Connection) -> Iterator[Damage]:
    """Give the damaged cells, table by table.

    Parameters
    ----------
    connection
        In a transaction; tables that the database does not have are passed over.
    """
    for table in _tables(connection):
        yield from _of_table(connection, table)


def leading_nowhere(connection: Connection) -> Iterator[Damage]:
    """Give the cells that name a row of another table that is not there; as `damaged_cells`."""
    for table in _tables(connection):
        yield from _leading_nowhere(connection, table)


def numbers_amiss(connection: Connection) -> Iterator[Damage]:
    """Give the trials whose numbers are not those from 0 on that each session's trials have."""
    counts = "SELECT session_id, count(*), min(number), max(number) FROM trial GROUP BY session_id"
    for session, n, lowest, highest in connection.exec_driver_sql(counts).all():
        if (lowest, highest) != (0, n - 1):
            mark = "?" if connection.dialect.name == "sqlite" else "%s"
            asked = f"SELECT id, number FROM trial WHERE session_id = {mark} ORDER BY number"
            rows = connection.exec_driver_sql(asked, (session,))
            key, number = next((key, k) for i, (key, k) in enumerate(rows) if k != i)
            problem = f"{shown(number)} is none of 0 to {n - 1}"
            yield Damage("trial", shown(str(key))[1:-1], "number", problem)


def objectives_amiss(connection: Connection) -> Iterator[Damage]:
    """Give the COMPLETE trials that have not as many objectives as their session."""
    rows = connection.execute(
        select(TrialTable.id, TrialTable.objectives, SessionTable.objectives)
        .join(SessionTable, SessionTable.id == TrialTable.session_id)
        .where(TrialTable.state == TrialState.COMPLETE.value)
    )
    for key, own, names in rows:
        if own is not None and len(own) != len(names):
            yield Damage(
                "trial",
                shown(str(key))[1:-1],
                "objectives",
                f"{len(own)} of them where the session has {len(names)}",
            )


def _tables(connection: Connection) -> list[Table]:
    there = set(inspect(connection).get_table_names())
    return [table for table in Base.metadata.sorted_tables if table.name in there]


def _of_table(connection: Connection, table: Table) -> Iterator[Damage]:
    there = {column["name"] for column in inspect(connection).get_columns(table.name)}
    columns = [column for column in table.columns if column.name in there]
    rules = [(column, rule_of(column)) for column in columns]
    asked = ", ".join(_asked(connection, column) for column in columns)
    rows = connection.exec_driver_sql(f'SELECT {asked} FROM "{table.name}"')
    for part in rows.partitions(_MANY):
        for row in part:
            cells = [_Cell(row[2 * i], row[2 * i + 1]) for i in range(len(columns))]
            key = [cell for cell, column in zip(cells, columns, strict=True) if column.primary_key]
            for cell, (column, rule) in zip(cells, rules, strict=True):
                if problem := cell.problem(column, rule):
                    where = "/".join(one.shown() for one in key)
                    yield Damage(table.name, where, column.name, problem)


def _asked(connection: Connection, column: Column[Any]) -> str:
    """Ask for the kind of a cell, and for it as it lies."""
    name = f'"{column.name}"'
    if connection.dialect.name == "sqlite":  # bytes, which no cell refuses to be
        return f"typeof({name}), CAST({name} AS BLOB)"
    return f"'', CAST({name} AS TEXT)"


@dataclass(frozen=True, slots=True)
class _Cell:
    kind: str
    content: bytes | str | None

    def shown(self) -> str:
        text = self._text()
        return "without a key" if text is None else shown(text)[1:-1]

    def _text(self) -> str | None:
        found = self.content
        return found.decode("utf-8", "replace") if isinstance(found, bytes) else found

    def problem(self, column: Column[Any], rule: Rule) -> str:
        if self.content is None:
            return "" if column.nullable else "nothing where a value belongs"
        if self.kind == "blob":
            return "bytes where " + _belongs(column)
        if isinstance(self.content, bytes):
            try:
                return rule(self.content.decode())
            except UnicodeDecodeError:
                return "bytes that are no text"
        return rule(self.content)


def _belongs(column: Column[Any]) -> str:
    if isinstance(column.type, JsonArray | JsonObject):
        return "JSON belongs"
    if isinstance(column.type, Real | Whole):
        return "a number belongs"
    return "a time belongs" if isinstance(column.type, Utc) else "text belongs"


def _leading_nowhere(connection: Connection, table: Table) -> Iterator[Damage]:
    for key in sorted(table.foreign_keys, key=lambda one: one.parent.name):
        column, other = key.parent, key.column
        own = ", ".join(f't."{one.name}"' for one in table.primary_key)
        rows = connection.exec_driver_sql(
            f'SELECT {own}, t."{column.name}" FROM "{table.name}" t WHERE t."{column.name}"'
            f' IS NOT NULL AND NOT EXISTS (SELECT 1 FROM "{other.table.name}" o'
            f' WHERE o."{other.name}" = t."{column.name}")'
        )
        for *own_key, name in rows:
            where = "/".join(shown(str(one))[1:-1] for one in own_key)
            problem = f"there is no {other.table.name} {shown(name)}"
            yield Damage(table.name, where, column.name, problem)
