"""Questions to the database, answered as pandas DataFrames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, func, select

from hil.errors import InputError, nearest
from hil.records.events import severity_of
from hil.store.asking import leading, setting_names
from hil.store.asking.filters import column_filter, fit_many, setting_filter
from hil.store.asking.joined import columns_of_sessions, columns_of_trials, winners
from hil.store.asking.paging import Key, rows_after
from hil.store.asking.refs import session_id as full_id
from hil.store.asking.refs import trial_of
from hil.store.asking.rows import RowTable
from hil.store.asking.setting_names import with_those_of
from hil.store.asking.summary import (
    ALSO_CALLED,
    OF_WINNER,
    SESSIONS,
    TRIALS,
    Column,
    columns_of_best,
    with_metrics,
)
from hil.store.asking.where import Condition, parse
from hil.store.models import (
    EstimateTable,
    EventTable,
    SessionTable,
    SettingTable,
    TrialTable,
)


def trials(
    connection: Connection,
    session_id: str | None,
    where: Sequence[str] = (),
    sort: str | None = None,
    limit: int | None = None,
    after: str | int | None = None,
) -> RowTable:
    """One row a trial; see `Database.trials`."""
    asked, names = trials_query(connection, session_id, where, sort, limit, after)
    query, shown = columns_of_trials(asked, names, some=limit is not None)
    columns = list(TRIALS)
    n = len(columns)
    query = query.add_columns(*(column.label(name) for name, column in shown.items()))
    found = connection.execute(query).all()
    place = columns.index("settings")
    values = [with_metrics(row[place], *row[n:]) if row[n:] else row[place] or {} for row in found]
    names = with_those_of(names, values)
    rows = [
        (*row[:n], *(known.get(name) for name in names))
        for row, known in zip(found, values, strict=True)
    ]
    return RowTable([*columns, *names], rows, n_known=n)


def trials_query(
    connection: Connection,
    session_id: str | None,
    where: Sequence[str] = (),
    sort: str | None = None,
    limit: int | None = None,
    after: str | int | None = None,
) -> tuple[Select[Any], Sequence[str]]:
    """Ask for trials without saying which columns; and the names of their settings.

    Parameters
    ----------
    after
        The trial after which the rows begin: its number, of one session, or SESSION/NUMBER.
    """
    if session_id is None:
        names = setting_names.of_all(connection)
    else:
        names = setting_names.of_ends(connection, session_id)
        if not _all_known(where, sort, names):
            names = setting_names.of_session(connection, session_id)
    by_trial = limit is not None or session_id is not None
    query = select().select_from(TrialTable)
    if session_id is not None:
        query = query.where(TrialTable.session_id == session_id)
    for text in where:
        condition = parse(text, {*names, *_filterable(TRIALS)})
        # A column of the table wins over a setting of that name: settings always hold a dot.
        if condition.left in names:
            query = query.where(setting_filter(connection, condition, by_trial=by_trial))
        elif condition.left == "state" and limit is not None:
            query = query.where(_state_in_order(connection, condition))
        else:
            query = query.where(_on_column(connection, condition, TRIALS))
    # Several sessions may have proposed in the same microsecond.
    ties = () if session_id is not None else (Key(TrialTable.id),)
    default = (Key(TrialTable.proposed_at), Key(TrialTable.number), *ties)
    keys = _keys(sort, TRIALS, names, default)
    last = None if after is None else trial_of(connection, session_id, str(after))
    fits = None if last is None else TrialTable.id == last
    return _page(connection, query, keys, fits, limit), names


def _state_in_order(connection: Connection, condition: Condition) -> Any:
    """Write a condition on the state for the first few trials in order.

    SQLite would go by the index on the state and sort what it finds, nearly all trials, though the
    index of the order gives the first few at once. It takes no index for an expression.
    """
    fits = _on_column(connection, condition, TRIALS)
    here = select(TrialTable.id).where(fits)
    if connection.dialect.name != "sqlite" or not fit_many(connection, here):
        return fits
    return column_filter(condition, func.ifnull(TrialTable.state, None), "text", "sqlite")


def _all_known(where: Sequence[str], sort: str | None, names: Sequence[str]) -> bool:
    known = {*names, *_filterable(TRIALS)}
    try:
        for text in where:
            parse(text, known)
    except InputError:
        return False
    return sort is None or sort.removeprefix("-").strip() in {*known, *TRIALS}


def sessions(
    connection: Connection,
    where: Sequence[str] = (),
    sort: str | None = None,
    limit: int | None = None,
    after: str | None = None,
) -> RowTable:
    """One row a session; see `Database.sessions`."""
    # SQLite, where asking costs no way to a server, is as quick with a question in each row.
    every = not where and limit is None and after is None
    every = every and connection.dialect.name == "postgresql"
    joined, shown = columns_of_sessions(connection.dialect.name, every=every)
    query = joined.add_columns(*(column.label(name) for name, column in shown.items()))
    columns = _by_best(connection, where, sort)
    for text in where:
        condition = parse(text, _filterable(columns))
        query = query.where(_on_column(connection, condition, columns))
    default = (Key(SessionTable.created_at, True), Key(SessionTable.id, True))
    keys = _keys(sort, columns, (), default)
    fits = None if after is None else SessionTable.id == full_id(connection, after)
    found = connection.execute(_page(connection, query, keys, fits, limit)).all()
    said = winners(connection) if every else {row.session_id: row.winner_said for row in found}
    asked = [leading.SessionSaid(row[0], row.state, row.kept, said.get(row[0])) for row in found]
    others = leading.other_than_top(connection, asked)
    names, place = list(SESSIONS), list(SESSIONS).index(next(iter(leading.NAMES)))
    after_best, end = place + len(leading.NAMES), len(names) - len(OF_WINNER)
    rows = [
        (
            *row[:place],
            *(others.get(row[0]) or row[place:after_best]),
            *_of_winner(said.get(row[0])),
            *row[after_best:end],
        )
        for row in found
    ]
    return RowTable(names, rows, n_known=len(names))


def _by_best(
    connection: Connection, where: Sequence[str], sort: str | None
) -> Mapping[str, Column]:
    """Give the columns of sessions for conditions and order; those of the best where it is asked.

    Those sessions whose best takes more than a look at an index are few: the question holds theirs.
    """
    asked = {parse(text, _filterable(SESSIONS)).left for text in where}
    asked.add((sort or "").removeprefix("-").strip())
    if not asked & set(leading.NAMES):
        return SESSIONS
    known = leading.other_than_top(connection, leading.asked_of_all(connection))
    return {**SESSIONS, **columns_of_best(known)}


_MOST_ROWS = 2**31 - 1  # of any table here; databases take no more than 64 bits as a limit
_NO_WINNER = (None,) * len(OF_WINNER)


def _of_winner(said: Mapping[str, Any] | None) -> Sequence[float | None]:
    """Give what an event says of the winner, in the order of the columns."""
    if said is None:
        return _NO_WINNER
    values = (said.get(key) for key in OF_WINNER.values())
    return [None if value is None else float(value) for value in values]


def estimates(connection: Connection, session_id: str | None) -> RowTable:
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
    return _rows(connection, query, names)


def events(connection: Connection, session_id: str | None, newest: int | None = None) -> RowTable:
    """One row an event; see `Database.events`."""
    query = select(
        EventTable.session_id,
        TrialTable.number,
        EventTable.kind,
        EventTable.at,
        EventTable.detail,
    ).outerjoin(TrialTable, TrialTable.id == EventTable.trial_id)
    if newest is None:
        query = query.order_by(EventTable.at, EventTable.id)
    else:
        query = query.order_by(EventTable.at.desc(), EventTable.id.desc()).limit(
            min(newest, _MOST_ROWS)
        )
    if session_id is not None:
        query = query.where(EventTable.session_id == session_id)
    table = _rows(connection, query, ["session_id", "number", "kind", "at", "detail"])
    if newest is not None:
        table = RowTable(table.names, table.rows[::-1], table.n_known)
    severities = [severity_of(kind).value for kind in table.column("kind")]
    return table.with_column("severity", severities, after="kind")


def _filterable(columns: Mapping[str, Column]) -> set[str]:
    return {*(name for name, column in columns.items() if column.kind), *ALSO_CALLED}


def _on_column(connection: Connection, condition: Condition, columns: Mapping[str, Column]) -> Any:
    column = columns[ALSO_CALLED.get(condition.left, condition.left)]
    assert column.kind is not None, "only filterable columns are parsed"
    return column_filter(condition, column.expression, column.kind, connection.dialect.name)


def _keys(
    sort: str | None,
    columns: Mapping[str, Column],
    settings: Sequence[str],
    default: Sequence[Key],
) -> list[Key]:
    """Give what rows are sorted by: what was asked for, and then the order of their making."""
    if sort is None:
        return list(default)
    name, downwards = sort.removeprefix("-").strip(), sort.startswith("-")
    if name in settings:
        value = select(case((SettingTable.value_num.is_not(None), SettingTable.value_num)))
        rows = value.where(
            SettingTable.trial_id == TrialTable.id, SettingTable.name == name
        ).correlate(TrialTable)
        words = select(SettingTable.value_text).where(
            SettingTable.trial_id == TrialTable.id, SettingTable.name == name
        )
        expressions: list[Any] = [
            rows.scalar_subquery(),
            words.correlate(TrialTable).scalar_subquery(),
        ]
    elif name in columns and columns[name].kind not in (None, "tags"):
        expressions = [columns[name].expression]
    else:
        sortable = {key for key, column in columns.items() if column.kind not in (None, "tags")}
        raise InputError("--sort", name, f"unknown, {nearest(name, {*sortable, *settings})}")
    return [*(Key(item, downwards) for item in expressions), *default]


def _page(
    connection: Connection,
    query: Select[Any],
    keys: Sequence[Key],
    last: ColumnElement[bool] | None,
    limit: int | None,
) -> Select[Any]:
    """Sort rows, and leave out those up to the one that `last` fits."""
    if limit is not None:
        if limit < 0:
            raise InputError("--limit", "", f"{limit}, allowed: 0 or more")
        limit = min(limit, _MOST_ROWS)
    if last is not None:
        of_last = select(*(key.expression for key in keys)).where(last)
        query = query.where(rows_after(keys, connection.execute(of_last).one()))
    return query.order_by(*(key.ordering() for key in keys)).limit(limit)


def _rows(connection: Connection, query: Select[Any], names: list[str]) -> RowTable:
    found = connection.execute(query).all()
    return RowTable(names, [tuple(row) for row in found], n_known=len(names))
