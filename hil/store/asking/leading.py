"""What lists of sessions tell of the best: what the session itself named, not its luckiest trial.

A session that ends keeps what it came to under `KEPT`. Of others their trials are asked: all of
them where these go on or were left, or where some were measured again or tell of drift; otherwise
the best feasible one is what `hil.ranking.shown` would name, and an index gives it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, Text, and_, case, cast, func, select, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import aliased
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import Boolean

from hil.ranking.shown import shown
from hil.records.session import SessionState
from hil.records.trial import LARGEST_OBJECTIVE, Best, TrialState
from hil.records.winner import Winner
from hil.store.columns import load_json
from hil.store.models import EventTable, SessionTable, TrialTable
from hil.store.trials.rows import TrialRows

KEPT = "best"
"""Under which name a session keeps it, see `hil.store.Database.keep_extra`."""

_SURE = tuple(state.value for state in SessionState if state.ended and state != SessionState.STALE)
_MORE_THAN_ONE = ("again", "reference")
_FEW = 500
_CONFIDENCE = 0.95


class Leading(NamedTuple):
    """The best of a session: objective, number of the trial, and interval; None: not known."""

    objective: float | None = None
    number: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None

    @classmethod
    def of(cls, said: Any) -> Leading:
        """Read it from what `to_json` or an event has written."""
        values = (said.get(name) for name in cls._fields)
        return cls(*(None if value is None else float(value) for value in values))


NAMES: Mapping[str, str] = {
    "best": "objective",
    "best_trial": "number",
    "best_low": "ci_low",
    "best_high": "ci_high",
}
"""Columns of sessions, and what they hold, in the order of `Leading`."""


def to_json(best: Best | Winner) -> Mapping[str, Any]:
    """Write what a session keeps at its end."""
    return {name: getattr(best, name) for name in Leading._fields}


class breaks_none(GenericFunction[bool]):  # noqa: N801, as SQL's functions
    """Whether no constraint of a trial is broken."""

    type = Boolean()
    inherit_cache = True


@compiles(breaks_none)
def _breaks_none(element: breaks_none, compiler: Any, **options: Any) -> str:
    column = compiler.process(element.clauses, **options)
    if compiler.dialect.name == "sqlite":
        return f"NOT EXISTS (SELECT 1 FROM json_each({column}) AS c WHERE c.value > 0)"
    return (
        f"NOT EXISTS (SELECT 1 FROM json_each_text({column}) AS c"
        " WHERE CAST(c.value AS double precision) > 0)"
    )


def _feasible(trial: Any) -> ColumnElement[bool]:
    return and_(
        trial.objective.between(-LARGEST_OBJECTIVE, LARGEST_OBJECTIVE),
        trial.state == TrialState.COMPLETE.value,
        breaks_none(trial.constraints),
    )


@cache
def _named(place: str) -> Any:
    """Give the table of trials under a name of its own for each place in a question."""
    return aliased(TrialTable, name=f"top_{place}")


def of_top(column: str) -> Any:
    """Take it from the best feasible trial of each session."""
    trial = _named("within")
    return _top(trial, getattr(trial, column)).scalar_subquery()


def with_top(query: Select[Any], dialect: str) -> tuple[Select[Any], Any]:
    """Join the best feasible trial of each session; and give what has the columns of `Leading`."""
    top = _named("beside")
    if dialect == "sqlite":
        return query.outerjoin(top, top.id == of_top("id")), top
    # PostgreSQL would go through all trials to find one by its key.
    found = _top(top, *(getattr(top, name) for name in Leading._fields)).lateral()
    return query.outerjoin(found, true()), found.c


def _top(trial: Any, *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .where(trial.session_id == SessionTable.id, _feasible(trial))
        .order_by(trial.objective.desc().nulls_last())
        .limit(1)
        .correlate(SessionTable)
    )


def of_last_winner(said: Any) -> Any:
    """Take it from the last event `winner` of a session."""
    return (
        select(said)
        .where(EventTable.session_id == SessionTable.id, EventTable.kind == "winner")
        .order_by(EventTable.at.desc())
        .limit(1)
        .correlate(SessionTable)
        .scalar_subquery()
    )


_IS_SURE = SessionTable.state.in_(_SURE)


def expression(name: str, known: Mapping[str, Leading]) -> Any:
    """Give one of `Leading` as SQL, for conditions and order.

    Parameters
    ----------
    known
        Sessions of which it was computed from all trials, see `other_than_top`.
    """
    own = SessionTable.extra[(KEPT, name)].as_float()
    winner = of_last_winner(EventTable.detail[name].as_float())
    told = [
        *((SessionTable.id == key, getattr(one, name)) for key, one in known.items()),
        (_IS_SURE & own.is_not(None), own),
        (_IS_SURE & winner.is_not(None), winner),
    ]
    return case(*told, else_=of_top(name))


class SessionSaid(NamedTuple):
    """A session as a list reads it.

    Parameters
    ----------
    kept
        JSON of what it wrote down at its end.
    said
        What its last event `winner` says.
    """

    id: str
    state: str
    kept: str | None
    said: Mapping[str, Any] | None


def other_than_top(connection: Connection, asked: Iterable[SessionSaid]) -> Mapping[str, Leading]:
    """Give the best of those sessions of which it is not simply the best feasible trial.

    While a session goes on, what it said at an end before is not what it came to.
    """
    told, untold, under_way = {}, [], []
    for key, state, kept, said in asked:
        if state not in _SURE:
            under_way.append(key)
        elif kept or said:
            told[key] = Leading.of(load_json(kept) if kept else said)
        else:
            untold.append(key)
    wanted = _with_more(connection, [*untold, *under_way])
    wanted |= {key for key in under_way if key not in wanted and _repeats(connection, key)}
    return {**told, **{key: _of_all(connection, key) for key in wanted}}


def asked_of_all(connection: Connection) -> Iterable[SessionSaid]:
    """Read of every session what `other_than_top` looks at."""
    said = of_last_winner(EventTable.detail)
    query = select(SessionTable.id, SessionTable.state, kept(), said)
    return (SessionSaid(*row) for row in connection.execute(query))


def kept() -> Any:
    """Ask for what a session wrote down at its end, as the text of its JSON; NULL without any."""
    return SessionTable.extra[KEPT].as_string()


def _with_more(connection: Connection, keys: list[str]) -> set[str]:
    """Find the sessions with trials that are not simply one more try."""
    if not keys:
        return set()
    query = select(TrialTable.session_id).where(TrialTable.kind.in_(_MORE_THAN_ONE)).distinct()
    if len(keys) <= _FEW:
        query = query.where(TrialTable.session_id.in_(keys))
    return set(connection.execute(query).scalars()) & set(keys)


def _repeats(connection: Connection, key: str) -> bool:
    """Whether a session has measured the same settings twice."""
    settings = cast(TrialTable.requested, Text)
    chosen = (TrialTable.session_id == key, TrialTable.state == TrialState.COMPLETE.value)
    query = select(func.count()).where(*chosen).group_by(settings).having(func.count() > 1)
    return connection.execute(query.limit(1)).scalar() is not None


def _of_all(connection: Connection, key: str) -> Leading:
    from hil.ranking.drift import fit_drift, without_drift

    rows = TrialRows(key).refresh(connection)
    best = shown(without_drift(rows, fit_drift(rows, _CONFIDENCE)))
    return Leading() if best is None else Leading.of(to_json(best))
