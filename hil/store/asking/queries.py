"""Questions to the database, answered as pandas DataFrames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Select, case, select

from hil.errors import InputError, nearest
from hil.records.events import severity_of
from hil.store.asking.filters import column_filter, setting_filter
from hil.store.asking.summary import ALSO_CALLED, SESSIONS, TRIALS, Column
from hil.store.asking.where import Condition, parse
from hil.store.models import (
    EstimateTable,
    EventTable,
    RigTable,
    SessionTable,
    SettingTable,
    TrialTable,
)

_TIMES = ("proposed_at", "finished_at", "created_at", "at")


def trials(
    connection: Connection,
    session_id: str | None,
    where: Sequence[str],
    sort: str | None,
    limit: int | None,
) -> pd.DataFrame:
    """One row a trial; see `Database.trials`."""
    settings = _setting_names(connection, session_id)
    query = select(*(column.expression.label(name) for name, column in TRIALS.items()))
    if session_id is not None:
        query = query.where(TrialTable.session_id == session_id)
    for text in where:
        condition = parse(text, {*settings, *_filterable(TRIALS)})
        # A column of the table wins over a setting of that name: settings always hold a dot.
        if condition.left in settings:
            query = query.where(setting_filter(condition))
        else:
            query = query.where(_on_column(connection, condition, TRIALS))
    query = _ordered(
        query, sort, TRIALS, settings, default=(TrialTable.proposed_at, TrialTable.number)
    )
    frame = _frame(connection, query.limit(limit), list(TRIALS))
    values = [row or {} for row in frame["settings"]]
    # All columns at once: inserting them one by one fragments the frame.
    columns = pd.DataFrame(
        {name: [row.get(name) for row in values] for name in settings}, index=frame.index
    )
    return pd.concat([frame, columns], axis=1)


def sessions(
    connection: Connection, where: Sequence[str], sort: str | None, limit: int | None
) -> pd.DataFrame:
    """One row a session; see `Database.sessions`."""
    query = (
        select(*(column.expression.label(name) for name, column in SESSIONS.items()))
        .select_from(SessionTable)
        .join(RigTable, RigTable.id == SessionTable.rig_id)
    )
    for text in where:
        condition = parse(text, _filterable(SESSIONS))
        query = query.where(_on_column(connection, condition, SESSIONS))
    query = _ordered(query, sort, SESSIONS, (), default=(SessionTable.created_at.desc(),))
    return _frame(connection, query.limit(limit), list(SESSIONS))


def estimates(connection: Connection, session_id: str | None) -> pd.DataFrame:
    """One row an estimate; see `Database.estimates`."""
    wanted = [
        column for column in EstimateTable.__table__.c if column.name not in ("id", "trial_id")
    ]
    query = (
        select(TrialTable.session_id, TrialTable.number, *wanted)
        .join(TrialTable, TrialTable.id == EstimateTable.trial_id)
        .order_by(EstimateTable.created_at, TrialTable.number)
    )
    if session_id is not None:
        query = query.where(TrialTable.session_id == session_id)
    names = ["session_id", "number", *(column.name for column in wanted)]
    return _frame(connection, query, names)


def events(connection: Connection, session_id: str | None) -> pd.DataFrame:
    """One row an event; see `Database.events`."""
    query = (
        select(
            EventTable.session_id,
            TrialTable.number,
            EventTable.kind,
            EventTable.at,
            EventTable.detail,
        )
        .outerjoin(TrialTable, TrialTable.id == EventTable.trial_id)
        .order_by(EventTable.at, EventTable.id)
    )
    if session_id is not None:
        query = query.where(EventTable.session_id == session_id)
    frame = _frame(connection, query, ["session_id", "number", "kind", "at", "detail"])
    severities = [severity_of(kind).value for kind in frame["kind"]]
    frame.insert(3, "severity", pd.Series(severities, index=frame.index, dtype=object))
    return frame


def _setting_names(connection: Connection, session_id: str | None) -> tuple[str, ...]:
    """Names of all settings, in the order in which trials list them."""
    if session_id is None:
        names = connection.execute(select(SettingTable.name).distinct()).scalars()
        return tuple(sorted(names))
    # Every trial of a session has the same settings but for those that failed early.
    query = (
        select(SettingTable.name)
        .join(TrialTable, TrialTable.id == SettingTable.trial_id)
        .where(TrialTable.session_id == session_id)
        .distinct()
    )
    return tuple(sorted(connection.execute(query).scalars()))


def _filterable(columns: Mapping[str, Column]) -> set[str]:
    return {*(name for name, column in columns.items() if column.kind), *ALSO_CALLED}


def _on_column(connection: Connection, condition: Condition, columns: Mapping[str, Column]) -> Any:
    column = columns[ALSO_CALLED.get(condition.left, condition.left)]
    assert column.kind is not None, "only filterable columns are parsed"
    return column_filter(condition, column.expression, column.kind, connection.dialect.name)


def _ordered(
    query: Select[Any],
    sort: str | None,
    columns: Mapping[str, Column],
    settings: Sequence[str],
    default: tuple[Any, ...],
) -> Select[Any]:
    if sort is None:
        return query.order_by(*default)
    name = sort.removeprefix("-").strip()
    if name in settings:
        value = select(case((SettingTable.value_num.is_not(None), SettingTable.value_num)))
        rows = value.where(
            SettingTable.trial_id == TrialTable.id, SettingTable.name == name
        ).correlate(TrialTable)
        expressions = [rows.scalar_subquery()]
        words = select(SettingTable.value_text).where(
            SettingTable.trial_id == TrialTable.id, SettingTable.name == name
        )
        expressions.append(words.correlate(TrialTable).scalar_subquery())
    elif name in columns and columns[name].kind not in (None, "tags"):
        expressions = [columns[name].expression]
    else:
        sortable = {key for key, column in columns.items() if column.kind not in (None, "tags")}
        raise InputError("--sort", name, f"unknown, {nearest(name, {*sortable, *settings})}")
    if sort.startswith("-"):
        return query.order_by(*(item.desc().nulls_last() for item in expressions))
    return query.order_by(*(item.asc().nulls_last() for item in expressions))


def _frame(connection: Connection, query: Select[Any], names: list[str]) -> pd.DataFrame:
    rows = connection.execute(query).all()
    frame = pd.DataFrame.from_records([tuple(row) for row in rows], columns=names)
    for name in names:
        if name in _TIMES:
            # Also where there are no rows, or none with a time: the type does not depend on that.
            frame[name] = pd.to_datetime(frame[name], utc=True)
    return frame
