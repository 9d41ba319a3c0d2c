"""Trials as Arrow tables of some thousand rows: all of a database never stand in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, Connection, Integer, Text, cast, exists, select
from sqlalchemy.types import Double, Float, TypeDecorator, TypeEngine

from hil.store.asking import setting_names
from hil.store.asking.joined import columns_of_trials
from hil.store.asking.queries import trials_query
from hil.store.asking.summary import TRIALS, with_metrics
from hil.store.columns import Real, Utc
from hil.store.models import SettingTable, TrialTable

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 5000


def trial_parts(
    connection: Connection,
    session_id: str | None,
    where: Sequence[str] = (),
    sort: str | None = None,
    limit: int | None = None,
    after: str | int | None = None,
) -> Iterator[pa.Table]:
    """Give trials part by part, see `Database.trial_parts`."""
    import pyarrow as pa

    query, names = trials_query(connection, session_id, where, sort, limit, after)
    if session_id is not None:
        # The columns are settled before the rows are seen, so no sample of them will do.
        names = setting_names.of_session(connection, session_id)
    schema = pa.schema(
        [
            *((name, _arrow(column.expression.type)) for name, column in TRIALS.items()),
            *((name, _arrow_of_setting(connection, name, session_id)) for name in names),
        ]
    )
    asked, shown = columns_of_trials(query, names, some=limit is not None)
    asked = asked.add_columns(*(_as_text(column).label(name) for name, column in shown.items()))
    if limit is None:
        _plan_for_all(connection)
    streamed = connection.execution_options(stream_results=True, max_row_buffer=ROWS)
    rows = streamed.execute(asked)
    yield _table([], names, schema)
    for part in rows.partitions(ROWS):
        yield _table(part, names, schema)


def _plan_for_all(connection: Connection) -> None:
    """Let PostgreSQL plan for all rows of a cursor, in this transaction; else for the first few."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL cursor_tuple_fraction = 1")


def _as_text(expression: Any) -> Any:
    """Leave JSON as it was written: reading it only to write it again takes most of the time."""
    return cast(expression, Text) if isinstance(_within(expression.type), JSON) else expression


def _within(column: TypeEngine[Any]) -> TypeEngine[Any]:
    """Give the type that the database knows, under what checks its values."""
    return column.impl_instance if isinstance(column, TypeDecorator) else column


def _arrow(column: TypeEngine[Any]) -> pa.DataType:
    import pyarrow as pa

    if isinstance(column, Utc):
        return pa.timestamp("us", tz="UTC")
    if isinstance(_within(column), Integer):
        return pa.int64()
    return pa.float64() if isinstance(column, Real | Float | Double) else pa.string()


def _arrow_of_setting(connection: Connection, name: str, session_id: str | None) -> pa.DataType:
    import pyarrow as pa

    # Not "IS NOT NULL", which PostgreSQL does not look up in the index.
    words = select(SettingTable.trial_id).where(
        SettingTable.name == name, SettingTable.value_text >= ""
    )
    if session_id is not None:
        of = (TrialTable.id == SettingTable.trial_id, TrialTable.session_id == session_id)
        words = words.where(exists().where(*of))
    text = connection.execute(words.limit(1)).first() is not None
    return pa.string() if text else pa.float64()


def _object(text: str | None) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(text) if text else {}
    return found


def _table(rows: Sequence[Any], names: Sequence[str], schema: pa.Schema) -> pa.Table:
    import pyarrow as pa

    columns = list(zip(*rows, strict=True)) or [() for _ in TRIALS]
    place = list(TRIALS).index("settings")
    values = [_object(text) for text in columns[place]]
    if len(columns) > len(TRIALS):
        pairs = zip(values, map(_object, columns.pop()), strict=True)
        values = [with_metrics(settings, metrics) for settings, metrics in pairs]
    for name in names:
        cells = [row.get(name) for row in values]
        if schema.field(name).type == pa.string():
            columns.append(tuple(None if cell is None else str(cell) for cell in cells))
        else:
            columns.append(tuple(None if cell is None else float(cell) for cell in cells))
    arrays = [pa.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)]
    return pa.table(arrays, schema=schema)
