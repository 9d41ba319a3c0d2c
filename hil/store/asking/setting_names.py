"""Which settings there are, without reading every trial's rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import aliased

from hil.store.models import SettingTable, TrialTable

_SAMPLE = 50


def of_all(connection: Connection) -> tuple[str, ...]:
    """Names of all settings of all sessions: one step in the index for each name.

    ``DISTINCT`` reads every row of the index, ten for each trial.
    """
    first = select(func.min(SettingTable.name).label("name")).cte("names", recursive=True)
    here = aliased(first)
    following = (
        select(func.min(SettingTable.name))
        .where(SettingTable.name > here.c.name)
        .correlate(here)
        .scalar_subquery()
    )
    names = first.union_all(select(following).where(here.c.name.is_not(None)))
    found = connection.execute(select(names.c.name).where(names.c.name.is_not(None))).scalars()
    return tuple(sorted(found))


def of_session(connection: Connection, session_id: str) -> tuple[str, ...]:
    """Names of all settings of a session, by reading all of its trials."""
    query = (
        select(SettingTable.name)
        .join(TrialTable, TrialTable.id == SettingTable.trial_id)
        .where(TrialTable.session_id == session_id)
        .distinct()
    )
    return tuple(sorted(connection.execute(query).scalars()))


def of_ends(connection: Connection, session_id: str) -> tuple[str, ...]:
    """Names of the settings of a session's first and last trials.

    These are all of them, but where a setting came and went in between: each trial of a session has
    the same settings, but for those that failed early.
    """
    names: set[str] = set()
    for order in (TrialTable.number, TrialTable.number.desc()):
        some = (
            select(TrialTable.id)
            .where(TrialTable.session_id == session_id)
            .order_by(order)
            .limit(_SAMPLE)
            .subquery()
        )
        query = select(SettingTable.name).where(SettingTable.trial_id.in_(select(some.c.id)))
        names |= set(connection.execute(query.distinct()).scalars())
    return tuple(sorted(names))


def with_those_of(names: Iterable[str], rows: Iterable[Mapping[str, Any] | None]) -> list[str]:
    """Add the names that rows have besides, so that no value which is there goes unshown."""
    return sorted({*names, *(name for row in rows for name in row or {})})
