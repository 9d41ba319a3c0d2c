"""What a controller takes from a database: the store of its session, and the right to a rig."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, select, update

from hil.clock import Clock
from hil.locks.progress import ProgressWatch
from hil.records.imaging import Imaging
from hil.records.request import Request, Wish, ask
from hil.records.session import SessionState
from hil.store import lease
from hil.store.access import Access
from hil.store.asking.refs import session_id
from hil.store.control import ending, requests
from hil.store.control.folder import Beside
from hil.store.engine import unsynced
from hil.store.frames.writer import Keep
from hil.store.holder import Holder
from hil.store.location import Location
from hil.store.models import RigTable, SessionTable
from hil.store.retry import OnDelay, Retry
from hil.store.sql_store import SqlStore
from hil.store.writer import Writer

# How long a controller waits for the database.
RETRY_S = 600.0


class Driving(Access):
    """Stores, leases and requests to stop."""

    def __init__(self, engine: Engine, location: Location) -> None:
        super().__init__(engine, location)
        self._leases: dict[str, Holder] = {}
        self._watch = ProgressWatch()

    def store(
        self,
        session: str,
        *,
        controller: str,
        clock: Clock,
        resumed: bool = False,
        keep_frames: Keep = "all",
        on_delay: OnDelay | None = None,
        retry_s: float = RETRY_S,
    ) -> SqlStore:
        """Open a session for a controller.

        Parameters
        ----------
        controller
            A name for it, the rig's say; its process is recorded besides.
        resumed
            A request to stop that was made before is forgotten.
        keep_frames
            See `SqlStore`.
        on_delay
            Called with seconds and reason while the database makes a write wait.
        retry_s
            How long a write waits before it fails.
        """
        with self._reading() as connection:
            chosen = session_id(connection, session)
            imaging = _imaging(connection, chosen)
        if self._leases:
            with self._writing() as connection:
                ending.work_for(connection, chosen, self._leases)
        if resumed:
            with self._writing() as connection:
                connection.execute(
                    update(SessionTable).where(SessionTable.id == chosen).values(stop_requested="")
                )
        return SqlStore(
            self._engine,
            self._location.frames,
            chosen,
            controller=Writer(controller, Holder.this_process(session_id=chosen), self._leases),
            keep_frames=keep_frames,
            retry=Retry(retry_s, clock, on_delay),
            clock=clock,
            imaging=imaging,
        )

    def end_unbegun(self, session: str, state: SessionState, at: datetime, reason: str) -> None:
        """Commit the end of a session whose loop never began; one that has ended stays as it is.

        Raises
        ------
        StoreError
        """
        before = [old.value for old in (SessionState.RUNNING, SessionState.PAUSED)]
        ends = update(SessionTable).where(
            SessionTable.id == session, SessionTable.state.in_(before)
        )
        ends = ends.values(state=state.value, reason=reason, finished_at=at)
        with self._writing(section=session) as connection:
            others = ending.leave(connection, session, self._leases, self._watch, time.monotonic())
            if not others:
                connection.execute(ends)

    def unsynced(self) -> AbstractContextManager[None]:
        """Let commits not wait for the disk, where nothing depends on them: a replay can be redone.

        See `hil.store.engine.unsynced`.
        """
        return unsynced(self._engine)

    def request_stop(self, session: str, reason: str) -> None:
        """Ask whoever runs a session to stop it."""
        self.request(session, ask(Wish.STOP, reason), datetime.now(UTC))

    def request(self, session: str, request: Request, at: datetime) -> None:
        """Ask something of whoever runs a session.

        Raises
        ------
        InputError
            Nobody runs it.
        """
        with self._writing() as connection:
            requests.write(connection, session_id(connection, session), request, at)

    def beside(self, session: str) -> Beside:
        """Folder beside a session's frames, through which it is reached without the database."""
        return Beside(self._location.frames, session)

    def waiting_for_approval(self, session: str) -> list[int]:
        """Numbers of a session's trials that wait for somebody's approval."""
        with self._reading() as connection:
            return requests.waiting_trials(connection, session_id(connection, session))

    def acquire_lease(
        self, rig: str, holder: Holder, at: datetime, *, now_s: float | None = None
    ) -> bool:
        """Take the right to drive a rig.

        Parameters
        ----------
        at
            The present, for people to read.
        now_s
            The present on a monotonic clock, by which a holder is watched that cannot be judged at
            once; None for the computer's.

        Returns
        -------
        bool
            Whether a process that has died held it, so that nobody knows how the rig was left.

        Raises
        ------
        RigHeld
            Another process has it; says who, where, and since when. Not ``certain`` while it is not
            known whether that process lives: ask again, every second or so, for a minute.
        """
        now_s = time.monotonic() if now_s is None else now_s
        with self._writing(section=f"lease:{rig}") as connection:
            left = lease.acquire(connection, rig, holder, at, watch=self._watch, now_s=now_s)
        self._leases[rig] = holder
        return left

    def renew_lease(self, rig: str, holder: Holder, at: datetime) -> None:
        """Say that the holder is alive.

        Raises
        ------
        RigHeld
            The rig is no longer this process's.
        """
        with self._writing() as connection:
            lease.renew(connection, rig, holder, at)

    def release_lease(self, rig: str, holder: Holder) -> bool:
        """Give a rig back; False if it was not the holder's any more."""
        self._leases.pop(rig, None)
        with self._writing() as connection:
            return lease.release(connection, rig, holder)


def _imaging(connection: Connection, session: str) -> Imaging:
    query = (
        select(SessionTable.name, RigTable.text, SessionTable.extra)
        .join(RigTable, RigTable.id == SessionTable.rig_id)
        .where(SessionTable.id == session)
    )
    row = connection.execute(query).one()
    return Imaging.of(row.name, row.text, row.extra)
