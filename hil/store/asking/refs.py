"""Sessions and trials by the names that people give: an id, its beginning, ``last``, a number."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Connection, select

from hil.errors import InputError
from hil.store.models import SessionTable, TrialTable


def session_id(connection: Connection, ref: str) -> str:
    """Full id of a session named by id, a unique beginning of one, or ``"last"``.

    Raises
    ------
    InputError
        There is none, or more than one.
    """
    if ref == "last":
        newest = (
            select(SessionTable.id)
            .order_by(SessionTable.created_at.desc(), SessionTable.id)
            .limit(1)
        )
        found = connection.execute(newest).scalar()
        if found is None:
            raise InputError("SESSION", ref, "there is no session yet")
        return str(found)
    wanted = ref.strip().lower()
    if not re.fullmatch("[0-9a-f]{1,32}", wanted):
        raise InputError("SESSION", ref, "not a session, allowed: an id, its beginning, or last")
    query = select(SessionTable.id).where(SessionTable.id.startswith(wanted)).limit(4)
    matches = list(connection.execute(query).scalars())
    if not matches:
        raise InputError("SESSION", ref, "there is no session whose id begins so")
    if len(matches) > 1:
        shown = ", ".join(match[:12] for match in matches[:3])
        raise InputError("SESSION", ref, f"ambiguous: {shown}{', ...' * (len(matches) > 3)}")
    return str(matches[0])


def trial_id(connection: Connection, session: str, number: int) -> str:
    """Id of the trial with a number in a session.

    Raises
    ------
    InputError
        There is none.
    """
    of = session_id(connection, session)
    found = None
    if 0 <= number < 2**31:  # what the column holds
        found = connection.execute(
            select(TrialTable.id).where(TrialTable.session_id == of, TrialTable.number == number)
        ).scalar()
    if found is None:
        raise InputError("TRIAL", str(number), f"session {of[:8]} has no such trial")
    return str(found)


def trial_of(connection: Connection, session: str | None, ref: str) -> str:
    """Id of a trial named by its number, where one session is meant, or by SESSION/NUMBER.

    Raises
    ------
    InputError
        There is none.
    """
    of, slash, number = ref.strip().rpartition("/")
    if not (number.isascii() and number.isdigit() and len(number) < 10) or (
        not slash and session is None
    ):
        form = "SESSION/NUMBER" if session is None else "the number of a trial"
        raise InputError("TRIAL", ref, f"not a trial, allowed: {form}")
    chosen = session_id(connection, of) if slash else str(session)
    if session is not None and chosen != session:
        raise InputError("TRIAL", ref, "a trial of another session")
    return trial_id(connection, chosen, int(number))


def target(connection: Connection, session: str, number: int | None) -> tuple[Any, str]:
    """Table and key of a session, or of its trial ``number``."""
    if number is None:
        return SessionTable, session_id(connection, session)
    return TrialTable, trial_id(connection, session, number)
