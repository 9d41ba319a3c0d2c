"""Requests to a running session as rows of the event table: each keeps who asked, when and why."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from hil.errors import InputError
from hil.records.request import Request, Wish
from hil.records.session import SessionState
from hil.records.trial import TrialState
from hil.store.models import EVENT, EventTable, SessionTable, TrialTable

APPROVAL_NEEDED = "approval_needed"
_KINDS = [wish.value for wish in Wish]


def read(connection: Connection, session_id: str) -> list[Request]:
    """List what was asked of a session, oldest first."""
    query = (
        select(EventTable.id, EventTable.kind, EventTable.detail)
        .where(EventTable.session_id == session_id, EventTable.kind.in_(_KINDS))
        .order_by(EventTable.at, EventTable.id)
    )
    found = []
    for row in connection.execute(query):
        said = row.detail
        known = {"why": "", "by": "", **said}
        found.append(Request.from_json({**known, "id": row.id, "wish": row.kind}))
    return found


def write(connection: Connection, session_id: str, request: Request, at: datetime) -> None:
    """Ask; a request that is there already is left as it is.

    Raises
    ------
    InputError
        The session does not run.
    """
    if connection.scalar(select(EventTable.id).where(EventTable.id == request.id)):
        return
    running = connection.execute(
        select(SessionTable.state).where(SessionTable.id == session_id)
    ).scalar_one()
    if SessionState(running).ended:
        raise InputError(session_id[:8], "", f"the session does not run, it is {running}")
    if request.wish is Wish.STOP:
        connection.execute(
            update(SessionTable)
            .where(SessionTable.id == session_id)
            .values(stop_requested=request.why or "asked to stop")
        )
    detail: dict[str, Any] = {"why": request.why, "by": request.by}
    if request.settings:
        detail["settings"] = dict(request.settings)
    trial_id = None
    if request.trial is not None:
        detail["trial"] = request.trial
        trial_id = connection.scalar(
            select(TrialTable.id).where(
                TrialTable.session_id == session_id, TrialTable.number == request.trial
            )
        )
    connection.execute(
        insert(EVENT),
        {
            "id": request.id,
            "session_id": session_id,
            "trial_id": trial_id,
            "kind": request.wish.value,
            "at": at,
            "detail": detail,
        },
    )


def waiting_trials(connection: Connection, session_id: str) -> list[int]:
    """List the trials that wait for an approval, by number."""
    query = (
        select(TrialTable.number)
        .join(EventTable, EventTable.trial_id == TrialTable.id)
        .where(
            TrialTable.session_id == session_id,
            TrialTable.state == TrialState.PROPOSED.value,
            EventTable.kind == APPROVAL_NEEDED,
        )
        .order_by(TrialTable.number)
    )
    return list(dict.fromkeys(connection.execute(query).scalars()))
