"""The right of one process to drive one rig."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from hil.errors import RigHeld
from hil.locks.progress import Life, ProgressWatch
from hil.store.holder import Holder, Role
from hil.store.models import LeaseTable

# Asked with every trial, three times.
_WHO = select(LeaseTable).where(LeaseTable.rig == bindparam("rig"))


def acquire(
    connection: Connection,
    rig: str,
    holder: Holder,
    at: datetime,
    *,
    watch: ProgressWatch,
    now_s: float,
) -> bool:
    """Take the rig, or say who has it. Runs in the critical section of the rig.

    A holder that has died loses the rig; so does a controller to the guardian of its own session,
    which takes it only to park.

    Parameters
    ----------
    watch, now_s
        What was seen of the counters of holders that cannot be judged at once, and the time on its
        monotonic clock.

    Returns
    -------
    bool
        Whether it was held by a process that has died, so that nobody knows how it was left.

    Raises
    ------
    RigHeld
        Another process drives the rig; not ``certain`` while it is not known to live.
    """
    left_behind = False
    row = connection.execute(_WHO, {"rig": rig}).mappings().one_or_none()
    if row is not None:
        other = holder_of(row)
        guards = (
            holder.role == "guardian"
            and other.role == "controller"
            and holder.session_id is not None
            and holder.session_id == other.session_id
        )
        if not (other.same_process(holder) or guards):
            life = life_of(other, row["beats"], watch, now_s)
            if life is not Life.DEAD:
                raise _refusal(rig, other, row["acquired_at"], certain=life is Life.ALIVE)
            left_behind = True
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
            token=holder.token,
            beats=0,
        )
    )
    return left_behind


def life_of(holder: Holder, beats: int, watch: ProgressWatch, now_s: float) -> Life:
    """Tell whether a holder lives: by what this machine knows of it, else by its counter."""
    life = holder.life()
    if life is not Life.UNKNOWN:
        return life
    return watch.look(f"{holder.host} {holder.pid} {holder.token}", beats, now_s)


def renew(connection: Connection, rig: str, holder: Holder, at: datetime) -> None:
    """Say that the holder is alive.

    Raises
    ------
    RigHeld
        The rig is no longer this process's.
    """
    change = {"renewed_at": at, "beats": LeaseTable.beats + 1}
    done = connection.execute(update(LeaseTable).where(*mine(rig, holder)).values(change))
    if not done.rowcount:
        check(connection, rig, holder)


def check(connection: Connection, rig: str, holder: Holder) -> None:
    """See that the rig is still this process's.

    Raises
    ------
    RigHeld
        It is not.
    """
    row = connection.execute(_WHO, {"rig": rig}).mappings().one_or_none()
    if row is None:
        raise RigHeld(f"rig {rig!r}: the lease of this process was released")
    other = holder_of(row)
    if not other.same_process(holder):
        raise _refusal(rig, other, row["acquired_at"])


def release(connection: Connection, rig: str, holder: Holder) -> bool:
    """Give the rig back; False if it was not this process's."""
    return bool(connection.execute(delete(LeaseTable).where(*mine(rig, holder))).rowcount)


def mine(rig: str, holder: Holder) -> tuple[Any, ...]:
    """Conditions of the lease of one rig, while it is this holder's."""
    return (
        LeaseTable.rig == rig,
        LeaseTable.host == holder.host,
        LeaseTable.pid == holder.pid,
        LeaseTable.token == holder.token,
    )


def holder_of(row: Any) -> Holder:
    """Who holds a rig, by the row of its lease."""
    return Holder(
        row["host"],
        row["pid"],
        row["process_created"],
        cast(Role, row["role"]),
        row["session_id"],
        row["token"],
    )


def _refusal(rig: str, other: Holder, since: datetime, *, certain: bool = True) -> RigHeld:
    return RigHeld(
        f"rig {rig!r} is held by {other} since {since:%Y-%m-%d %H:%M:%S} UTC",
        certain=certain,
        session_id=other.session_id,
    )
