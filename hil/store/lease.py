"""The right of one process to drive one rig."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, delete, insert, select, update

from hil.errors import RigHeld
from hil.store.holder import Holder, Role
from hil.store.models import LeaseTable


def acquire(connection: Connection, rig: str, holder: Holder, at: datetime) -> None:
    """Take the rig, or say who has it. Runs in the critical section of the rig.

    A holder that has died loses the rig; so does a controller to the guardian of its own session,
    which takes it only to park.

    Raises
    ------
    RigHeld
        Another live process drives the rig.
    """
    row = (
        connection.execute(select(LeaseTable).where(LeaseTable.rig == rig)).mappings().one_or_none()
    )
    if row is not None:
        other = _holder(row)
        guards = (
            holder.role == "guardian"
            and other.role == "controller"
            and holder.session_id is not None
            and holder.session_id == other.session_id
        )
        if not (other.same_process(holder) or guards) and other.alive(row["renewed_at"], at):
            raise RigHeld(_refusal(rig, other, row["acquired_at"]))
        connection.execute(delete(LeaseTable).where(LeaseTable.rig == rig))
    connection.execute(
        insert(LeaseTable).values(
            rig=rig,
            host=holder.host,
            pid=holder.pid,
            process_created=holder.process_created,
            role=holder.role,
            session_id=holder.session_id,
            acquired_at=at,
            renewed_at=at,
        )
    )


def renew(connection: Connection, rig: str, holder: Holder, at: datetime) -> None:
    """Say that the holder is alive.

    Raises
    ------
    RigHeld
        The rig is no longer this process's.
    """
    done = connection.execute(update(LeaseTable).where(*_mine(rig, holder)).values(renewed_at=at))
    if done.rowcount:
        return
    row = (
        connection.execute(select(LeaseTable).where(LeaseTable.rig == rig)).mappings().one_or_none()
    )
    if row is None:
        raise RigHeld(f"rig {rig!r}: the lease of this process was released")
    raise RigHeld(_refusal(rig, _holder(row), row["acquired_at"]))


def release(connection: Connection, rig: str, holder: Holder) -> bool:
    """Give the rig back; False if it was not this process's."""
    return bool(connection.execute(delete(LeaseTable).where(*_mine(rig, holder))).rowcount)


def _mine(rig: str, holder: Holder) -> tuple[Any, ...]:
    return (LeaseTable.rig == rig, LeaseTable.host == holder.host, LeaseTable.pid == holder.pid)


def _holder(row: Any) -> Holder:
    return Holder(
        row["host"],
        row["pid"],
        row["process_created"],
        cast(Role, row["role"]),
        row["session_id"],
    )


def _refusal(rig: str, other: Holder, since: datetime) -> str:
    session = f", session {other.session_id[:8]}" if other.session_id else ""
    return (
        f"rig {rig!r} is held by a {other.role} on {other.host} (process {other.pid}{session})"
        f" since {since:%Y-%m-%d %H:%M:%S} UTC"
    )
