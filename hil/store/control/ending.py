"""How a session ends that several controllers run: the last one says so."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, select, update

from hil.locks.progress import Life, ProgressWatch
from hil.store import lease
from hil.store.holder import Holder
from hil.store.models import LeaseTable


def work_for(connection: Connection, session_id: str, leases: Mapping[str, Holder]) -> None:
    """Write down which session the rigs that are held work for.

    A session that has just begun is younger than the lease of its rig.
    """
    for rig, holder in leases.items():
        mine = lease.mine(rig, holder)
        connection.execute(update(LeaseTable).where(*mine).values(session_id=session_id))


def leave(
    connection: Connection,
    session_id: str,
    leases: Mapping[str, Holder],
    watch: ProgressWatch,
    now_s: float,
) -> list[str]:
    """Leave a session, in its critical section; the rigs on which others go on with it.

    Who leaves is not among those that who leaves next finds: of two that end at one instant one is
    the last. A controller that cannot be judged yet counts as alive.

    Parameters
    ----------
    leases
        Rigs of the one that leaves.
    watch, now_s
        See `hil.store.lease.acquire`.
    """
    rows = connection.execute(
        select(LeaseTable).where(LeaseTable.session_id == session_id)
    ).mappings()
    others = [
        row["rig"]
        for row in rows.all()
        if row["rig"] not in leases
        and lease.life_of(lease.holder_of(row), row["beats"], watch, now_s) is not Life.DEAD
    ]
    if others:
        for rig, holder in leases.items():
            mine = lease.mine(rig, holder)
            connection.execute(update(LeaseTable).where(*mine).values(session_id=None))
    return others
