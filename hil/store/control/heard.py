"""What a controller hears of its session by the database, and how it says that it lives."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import DBAPIError

from hil.errors import StoreError
from hil.records.request import Request
from hil.records.session import SessionState
from hil.store import lease
from hil.store.control import requests
from hil.store.engine import is_passing, writing
from hil.store.models import SessionTable
from hil.store.writer import Writer


class Heard:
    """Part of `hil.store.SqlStore`: what others ask for, and whether the rig is still ours.

    None of it waits: a database that cannot be asked just now is asked again before long.

    Parameters
    ----------
    engine
        The open database.
    session_id
        Full id of the session.
    controller
        Whose rigs they are.
    """

    def __init__(self, engine: Engine, session_id: str, controller: Writer) -> None:
        self.session_id = session_id
        self._engine = engine
        self._controller = controller

    def requests(self) -> list[Request]:
        """List what other processes asked of this session, oldest first.

        Nothing where the database cannot be asked just now.
        """
        try:
            with self._engine.connect() as connection:
                return requests.read(connection, self.session_id)
        except DBAPIError as error:
            if is_passing(error):
                return []
            raise StoreError("the database could not be read") from error

    def requested_stop(self) -> str:
        """Reason for which another process asked this session to stop; empty if none did.

        A database that cannot be asked just now is no reason to stop, nor to wait.

        Raises
        ------
        RigHeld
            The rig has been taken from this process.
        """
        query = select(SessionTable.stop_requested).where(SessionTable.id == self.session_id)
        try:
            with self._engine.connect() as connection:
                self._still_ours(connection)
                return str(connection.execute(query).scalar_one())
        except DBAPIError as error:
            if is_passing(error):
                return ""
            raise StoreError("the database could not be read") from error

    def present_state(self) -> tuple[SessionState, str] | None:
        """Tell where the session stands, and why; None while the database cannot be asked."""
        query = select(SessionTable.state, SessionTable.reason)
        try:
            with self._engine.connect() as connection:
                row = connection.execute(query.where(SessionTable.id == self.session_id)).one()
        except DBAPIError as error:
            if is_passing(error):
                return None
            raise StoreError("the database could not be read") from error
        return SessionState(row.state), str(row.reason)

    def renew_lease(self, at: datetime) -> None:
        """Say that this controller is alive, for every rig that its process holds.

        A database that is locked or away is tried again at the next renewal.

        Raises
        ------
        RigHeld
            A rig is held by another process by now.
        """
        for rig, holder in list(self._controller.leases.items()):
            try:
                with writing(self._engine) as connection:
                    lease.renew(connection, rig, holder, at)
            except DBAPIError as error:
                if not is_passing(error):
                    raise StoreError("the lease could not be renewed") from error

    def _still_ours(self, connection: Connection) -> None:
        """Refuse to go on where another process has taken a rig of this one."""
        for rig, holder in list(self._controller.leases.items()):
            lease.check(connection, rig, holder)
