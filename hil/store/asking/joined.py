"""What rows show: asked within each row of a few, joined and summed up where all are wanted.

For the first few rows a question within each is quickest, and leaves the plan to the index of their
order. Of all rows the other tables are read once: PostgreSQL takes a quarter of the time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Double, Select, func, select, type_coerce
from sqlalchemy.orm import aliased

from hil.records.trial import TrialState
from hil.store.asking import leading
from hil.store.asking.summary import (
    METRICS,
    OF_ESTIMATE,
    OF_WINNER,
    SESSIONS,
    TRIALS,
    WINNER_SAID,
    metrics_of,
    of_own_estimate,
    some_are_metrics,
)
from hil.store.models import (
    AcquisitionTable,
    EstimateTable,
    EventTable,
    RigTable,
    SessionTable,
    TrialTable,
)


def columns_of_trials(
    query: Select[Any], names: Sequence[str], *, some: bool
) -> tuple[Select[Any], Mapping[str, Any]]:
    """Give a question for trials with what its rows show: the columns of `TRIALS`, by name.

    Parameters
    ----------
    names
        Of the settings; with metrics among them there is a column ``metrics`` in the end.
    some
        Whether only the first few rows are wanted.
    """
    wanted = some_are_metrics(names)
    columns = {name: column.expression for name, column in TRIALS.items()}
    if some:
        return query, columns | ({"metrics": METRICS} if wanted else {})
    session, rig, acquisition, own = _beside()
    # Outer joins, so that SQLite goes through the trials in their order; none makes a row twice.
    joined = (
        query.outerjoin(session, session.id == TrialTable.session_id)
        .outerjoin(rig, rig.id == session.rig_id)
        .outerjoin(acquisition, acquisition.trial_id == TrialTable.id)
        .outerjoin(own, own.id == of_own_estimate(EstimateTable.id))
    )
    columns |= {"session_name": session.name, "rig": rig.name, "n_frames": acquisition.n_frames}
    columns |= {name: of(own) for name, of in OF_ESTIMATE.items()}
    return joined, columns | ({"metrics": metrics_of(own)} if wanted else {})


@cache
def _beside() -> tuple[Any, Any, Any, Any]:
    """Give what is joined to trials, under names of its own; naming it anew takes milliseconds."""
    tables: tuple[Any, ...] = (SessionTable, RigTable, AcquisitionTable, EstimateTable)
    session, rig, acquisition, own = (aliased(one) for one in tables)
    return session, rig, acquisition, own


def columns_of_sessions(dialect: str, *, every: bool) -> tuple[Select[Any], Mapping[str, Any]]:
    """Give a question for sessions with what its rows show, by name, without the winner's.

    Those of the best are of the best feasible trial; ``kept``, in the end, see `leading.kept`.

    Parameters
    ----------
    dialect
        ``"sqlite"`` or ``"postgresql"``.
    every
        Whether all sessions of a PostgreSQL database are wanted. If not, a column ``winner_said``
        is in the end; if so, see `winners`.
    """
    query = select().select_from(SessionTable).join(RigTable, RigTable.id == SessionTable.rig_id)
    columns = {name: one.expression for name, one in SESSIONS.items() if name not in OF_WINNER}
    query, top = leading.with_top(query, dialect)
    columns |= {name: _plain(getattr(top, of)) for name, of in leading.NAMES.items()}
    columns["kept"] = leading.kept()
    if not every:
        return query, {**columns, "winner_said": WINNER_SAID}
    # By itself, since an index holds all that the sum needs.
    of_session = TrialTable.session_id
    ended_well = TrialTable.state == TrialState.COMPLETE.value
    complete = (
        select(of_session, func.count().filter(ended_well).label("n"))
        .group_by(of_session)
        .subquery()
    )
    query = query.outerjoin(complete, complete.c.session_id == SessionTable.id)
    return query, columns | {"n_complete": func.coalesce(complete.c.n, 0)}


def _plain(number: Any) -> Any:
    """Take a number as the database has it: looking at each takes a tenth of a long list's time."""
    return type_coerce(number, Double())


def winners(connection: Connection) -> Mapping[str | None, Mapping[str, Any]]:
    """Give what the last event `winner` of each session says, by session."""
    asked = select(EventTable.session_id, EventTable.detail).where(EventTable.kind == "winner")
    return {row.session_id: row.detail for row in connection.execute(asked.order_by(EventTable.at))}
