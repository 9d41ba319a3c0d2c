"""An open database: questions, records, and the stores that controllers write through."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.exc import DBAPIError

from drivers.types import Pixels
from hil.clock import Clock
from hil.errors import InputError, StoreError
from hil.ranking.drift import Drift, fit_drift
from hil.records.session import SessionState
from hil.records.trial import TrialRow
from hil.store import calibrations, lease, queries
from hil.store.calibrations import CalibrationRecord, NewCalibration
from hil.store.engine import one_line, writing
from hil.store.frames import maps as map_files
from hil.store.frames.access import read_checked
from hil.store.frames.writer import Keep
from hil.store.holder import Holder
from hil.store.location import Location
from hil.store.models import (
    AcquisitionTable,
    EventTable,
    RigTable,
    SessionTable,
    TrialTable,
    ordered_id,
    random_id,
)
from hil.store.records import NewSession, SessionRecord
from hil.store.retry import OnDelay, Retry
from hil.store.rig_rows import rig_row
from hil.store.sql_store import SqlStore, Writer
from hil.store.trial_rows import TrialRows

# How long a controller waits for the database, and how long everything else does.
RETRY_S = 600.0
WAIT_S = 30.0


class Database:
    """An open database with its frames folder. Made by `hil.open_database`.

    Sessions are named by id, a unique beginning of one, or ``"last"``. Times are UTC. Methods that
    ask return DataFrames; JSON columns hold Python lists and dicts. ``with`` closes it.

    Raises
    ------
    InputError
        From every method: a session, trial, name or condition that there is not.
    StoreError
        From every method: the database or the frame files failed.
    """

    def __init__(self, engine: Engine, location: Location) -> None:
        self._engine = engine
        self._location = location
        self._leases: dict[str, Holder] = {}

    @property
    def url(self) -> str:
        """Where the database lies, without the password."""
        return self._location.shown

    @property
    def frames_folder(self) -> Path:
        """Where the frame files lie: a Zarr group a session, an array a trial."""
        return self._location.frames

    # ---- asking ----------------------------------------------------------------------------

    def sessions(
        self, *, where: Sequence[str] = (), sort: str | None = None, limit: int | None = None
    ) -> pd.DataFrame:
        """One row a session, newest first.

        Parameters
        ----------
        where
            Conditions, all of which hold: ``"name = sharpen"``, ``"tag = night"``,
            ``"note ~ oil"``, ``"created_at > 2026-01-01"``.
        sort
            A column; ``-`` in front for the largest first.
        limit
            At most so many rows.
        """
        with self._reading() as connection:
            return queries.sessions(connection, where, sort, limit)

    def trials(
        self,
        session: str | None = None,
        *,
        where: Sequence[str] = (),
        sort: str | None = None,
        limit: int | None = None,
    ) -> pd.DataFrame:
        """One row a trial: the columns of ``trial_summary``, then one a setting, as read back.

        Parameters
        ----------
        session
            None for all.
        where
            Conditions, all of which hold: ``"Z.position_um > 10"``, ``"state = COMPLETE"``,
            ``"tags = night"``, ``"reason ~ timeout"``. Operators ``= != < <= > >=`` and ``~``
            (contains). The left side is a setting, a column, or ``tags``.
        sort
            A column or a setting; ``-`` in front for the largest first. Trials without a value come
            last. By default in the order in which they were proposed.
        limit
            At most so many rows.
        """
        with self._reading() as connection:
            chosen = None if session is None else _session_id(connection, session)
            return queries.trials(connection, chosen, where, sort, limit)

    def estimates(self, session: str | None = None) -> pd.DataFrame:
        """One row an estimate, with the values of each field of view; oldest first."""
        with self._reading() as connection:
            chosen = None if session is None else _session_id(connection, session)
            return queries.estimates(connection, chosen)

    def events(self, session: str | None = None) -> pd.DataFrame:
        """One row an event, oldest first; ``number`` is that of the trial in work, if one was."""
        with self._reading() as connection:
            chosen = None if session is None else _session_id(connection, session)
            return queries.events(connection, chosen)

    def sql(self, query: str) -> pd.DataFrame:
        """Run one SQL query that only reads; the tables are those of the design.

        Times come as the database driver gives them: from SQLite as text, in UTC.
        """
        with self._reading(read_only=True) as connection:
            try:
                result = connection.execution_options(no_parameters=True).exec_driver_sql(query)
                if not result.returns_rows:
                    raise InputError("sql", "", "not a query, allowed: SELECT ...")
                return pd.DataFrame.from_records(
                    [tuple(row) for row in result], columns=list(result.keys())
                )
            except DBAPIError as error:
                raise InputError("sql", "", one_line(error)) from error

    def session_id(self, ref: str) -> str:
        """Full id of a session named by id, a unique beginning, or ``"last"``."""
        with self._reading() as connection:
            return _session_id(connection, ref)

    def session(self, ref: str) -> SessionRecord:
        """All that is stored with a session."""
        with self._reading() as connection:
            query = (
                select(
                    SessionTable.__table__,
                    RigTable.name.label("rig"),
                    RigTable.text.label("rig_text"),
                )
                .join(RigTable, RigTable.id == SessionTable.rig_id)
                .where(SessionTable.id == _session_id(connection, ref))
            )
            row = connection.execute(query).mappings().one()
        fields = {name: row[name] for name in SessionRecord.__dataclass_fields__}
        fields |= {
            "state": SessionState(row["state"]),
            "objectives": tuple(row["objectives"]),
            "tags": tuple(row["tags"]),
        }
        return SessionRecord(**fields)

    def rows(self, session: str) -> list[TrialRow]:
        """All trials of a session as the proposer sees them."""
        with self._reading() as connection:
            return list(TrialRows(_session_id(connection, session)).refresh(connection))

    def drift(self, session: str, confidence: float = 0.95) -> Drift | None:
        """Drift that a session's reference trials show; None if there are fewer than two.

        `hil.ranking.drift.without_drift` gives the trials as they would have been without it.
        """
        with self._reading() as connection:
            session_id = _session_id(connection, session)
            reference = select(TrialTable.id).where(
                TrialTable.session_id == session_id, TrialTable.kind == "reference"
            )
            if connection.execute(reference.limit(1)).scalar() is None:
                return None
        return fit_drift(self.rows(session_id), confidence)

    # ---- calibrations ----------------------------------------------------------------------

    def calibrations(self, rig: str | None = None) -> pd.DataFrame:
        """One row a calibration of a rig, or of all, newest first: its numbers and uncertainties.

        ``tied`` are the settings of the camera that it holds for.
        """
        with self._reading() as connection:
            return calibrations.table(connection, rig)

    def calibration(self, ref: str = "latest", *, rig: str | None = None) -> CalibrationRecord:
        """All that is stored with a calibration.

        Parameters
        ----------
        ref
            Id, a unique beginning of one, or ``"latest"``.
        rig
            For ``"latest"``: of the rig of this name.
        """
        with self._reading() as connection:
            return calibrations.find(connection, ref, rig)

    def calibration_ties(self, rig: str) -> list[tuple[str, dict[str, Any]]]:
        """Id of each calibration of a rig, newest first, with what it is tied to."""
        with self._reading() as connection:
            return calibrations.ties(connection, rig)

    def calibration_maps(self, record: CalibrationRecord) -> dict[str, NDArray[Any]]:
        """Read the maps of a calibration by name, (height, width), checksums verified."""
        return map_files.read_maps(
            self._location.frames, record.id, record.detail.get("maps") or {}
        )

    def add_calibration(
        self, new: NewCalibration, maps: Mapping[str, NDArray[Any]] | None = None
    ) -> CalibrationRecord:
        """Store a calibration: its maps beside the frames first, then its row."""
        if maps:
            checksums = map_files.write_maps(self._location.frames, new.id, maps)
            new = replace(new, detail={**new.detail, "maps": checksums})
        with self._writing(section="rig") as connection:
            calibrations.add(connection, new)
        return self.calibration(new.id)

    # ---- frames ----------------------------------------------------------------------------

    def frames(self, session: str, number: int) -> Pixels:
        """Frames of a trial, (n_fields, n_repeats, [channels,] height, width), ADU, checked.

        Their checksums are compared with those in the database.

        A trial that ended early has the fields of view that were measured until then, in the
        session's order; one that kept the first repeats has those.
        """
        with self._reading() as connection:
            trial_id = _trial_id(connection, session, number)
            row = connection.execute(
                select(AcquisitionTable.__table__).where(AcquisitionTable.trial_id == trial_id)
            ).one_or_none()
        if row is None:
            raise StoreError(f"trial {number} has no frames")
        return read_checked(self._location.frames, row, number)

    def verify(self, session: str) -> list[str]:
        """Read all frames of a session again; list what does not match its checksum."""
        with self._reading() as connection:
            rows = connection.execute(
                select(TrialTable.number, AcquisitionTable.__table__)
                .join(AcquisitionTable, AcquisitionTable.trial_id == TrialTable.id)
                .where(TrialTable.session_id == _session_id(connection, session))
                .order_by(TrialTable.number)
            ).all()
        problems = []
        for row in rows:
            if row.path is None:
                continue
            try:
                read_checked(self._location.frames, row, row.number)
            except StoreError as error:
                problems.append(str(error))
        return problems

    # ---- writing ---------------------------------------------------------------------------

    def create_session(self, new: NewSession) -> str:
        """Insert a session in state RUNNING, and its rig file where it is not known; its id."""
        session_id = random_id()
        with self._writing(section="rig") as connection:
            connection.execute(
                insert(SessionTable).values(
                    id=session_id,
                    name=new.name,
                    rig_id=rig_row(connection, new.rig, new.rig_text, new.at),
                    calibration_id=new.calibration_id,
                    state=SessionState.RUNNING.value,
                    reason="",
                    session_text=new.session_text,
                    versions=dict(new.versions),
                    seed=new.seed,
                    n_trials=new.n_trials,
                    objectives=list(new.objectives),
                    estimator=new.estimator,
                    study_attrs={},
                    extra=dict(new.extra),
                    tags=_merged([], new.tags),
                    note=new.note,
                    stop_requested="",
                    created_at=new.at,
                    finished_at=None,
                )
            )
        return session_id

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
        session_id = self.session_id(session)
        if resumed:
            with self._writing() as connection:
                connection.execute(
                    update(SessionTable)
                    .where(SessionTable.id == session_id)
                    .values(stop_requested="")
                )
        return SqlStore(
            self._engine,
            self._location.frames,
            session_id,
            controller=Writer(controller, Holder.this_process(session_id=session_id), self._leases),
            keep_frames=keep_frames,
            retry=Retry(retry_s, clock, on_delay),
            clock=clock,
        )

    def request_stop(self, session: str, reason: str) -> None:
        """Ask whoever runs a session to stop it."""
        with self._writing() as connection:
            session_id = _session_id(connection, session)
            running = [SessionState.RUNNING.value, SessionState.PAUSED.value]
            done = connection.execute(
                update(SessionTable)
                .where(SessionTable.id == session_id, SessionTable.state.in_(running))
                .values(stop_requested=reason or "asked to stop")
            )
            if not done.rowcount:
                raise InputError(session, "", "the session does not run")

    def event(
        self, session: str | None, kind: str, at: datetime, detail: Mapping[str, Any]
    ) -> None:
        """Write down something that happens to a rig outside a running session.

        Parameters
        ----------
        session
            The session it belongs to; None for none.
        kind
            ``"park"``, ``"move"``, ...
        at
            UTC, with time zone; before it is done where it moves something.
        detail
            Plain JSON values.
        """
        with self._writing() as connection:
            chosen = None if session is None else _session_id(connection, session)
            connection.execute(
                insert(EventTable).values(
                    id=ordered_id(), session_id=chosen, kind=kind, at=at, detail=dict(detail)
                )
            )

    def tag(self, session: str, *tags: str, number: int | None = None) -> None:
        """Add tags to a session, or to its trial ``number``."""
        with self._writing() as connection:
            table, key = _target(connection, session, number)
            present = connection.execute(select(table.tags).where(table.id == key)).scalar_one()
            merged = _merged(present, tags)
            connection.execute(update(table).where(table.id == key).values(tags=merged))

    def note(self, session: str, text: str, *, number: int | None = None) -> None:
        """Set the note of a session, or of its trial ``number``."""
        with self._writing() as connection:
            table, key = _target(connection, session, number)
            connection.execute(update(table).where(table.id == key).values(note=text))

    def acquire_lease(self, rig: str, holder: Holder, at: datetime) -> None:
        """Take the right to drive a rig.

        Raises
        ------
        RigHeld
            Another live process has it; says who, where, and since when.
        """
        with self._writing(section=f"lease:{rig}") as connection:
            lease.acquire(connection, rig, holder, at)
        self._leases[rig] = holder

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

    # ---- life ------------------------------------------------------------------------------

    def close(self) -> None:
        """Close all connections. Stores made from this database must be closed before."""
        self._engine.dispose()

    def __enter__(self) -> Database:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def _reading(self, *, read_only: bool = False) -> Iterator[Connection]:
        with _plain_errors(), self._engine.connect() as connection, connection.begin():
            sqlite = self._engine.dialect.name == "sqlite"
            if read_only:
                connection.exec_driver_sql(
                    "PRAGMA query_only = ON" if sqlite else "SET TRANSACTION READ ONLY"
                )
            try:
                yield connection
            finally:
                if read_only and sqlite:
                    # It belongs to the connection, which goes back to the pool.
                    connection.exec_driver_sql("PRAGMA query_only = OFF")

    @contextmanager
    def _writing(self, section: str | None = None) -> Iterator[Connection]:
        with _plain_errors(), ExitStack() as stack:
            # Locks are taken on entering, so what has to be repeated is that alone.
            yield Retry(WAIT_S).run(
                lambda _attempt: stack.enter_context(writing(self._engine, section))
            )


@contextmanager
def _plain_errors() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise StoreError(f"the database failed: {one_line(error)}") from error


def _session_id(connection: Connection, ref: str) -> str:
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


def _trial_id(connection: Connection, session: str, number: int) -> str:
    session_id = _session_id(connection, session)
    found = connection.execute(
        select(TrialTable.id).where(
            TrialTable.session_id == session_id, TrialTable.number == number
        )
    ).scalar()
    if found is None:
        raise InputError("TRIAL", str(number), f"session {session_id[:8]} has no such trial")
    return str(found)


def _target(connection: Connection, session: str, number: int | None) -> tuple[Any, str]:
    if number is None:
        return SessionTable, _session_id(connection, session)
    return TrialTable, _trial_id(connection, session, number)


def _merged(present: Iterable[str], added: Iterable[str]) -> list[str]:
    tags = [tag.strip() for tag in (*present, *added)]
    if not all(tags):
        raise InputError("tag", "", "a tag is empty")
    return list(dict.fromkeys(tags))
