"""What is asked of a database: sessions, trials, estimates, events, and SQL that only reads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Unpack

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from hil.errors import InputError
from hil.records.session import SessionState
from hil.records.trial import TrialRow, TrialState
from hil.store.access import Access
from hil.store.asking import instrument, parts, queries
from hil.store.asking.following import Following
from hil.store.asking.paging import SessionPage, TrialPage
from hil.store.asking.refs import session_id
from hil.store.cells.rules import check_row
from hil.store.engine import one_line
from hil.store.models import (
    TRIAL,
    AcquisitionTable,
    EstimateTable,
    EventTable,
    RigTable,
    SessionTable,
    SettingTable,
    TrialTable,
    table_of,
)
from hil.store.records import SessionRecord
from hil.store.trials.rows import TrialRows

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from hil.ranking.drift import Drift
    from hil.store.asking.rows import RowTable


class Asking(Access):
    """Questions about sessions and trials."""

    def sessions(self, **page: Unpack[SessionPage]) -> pd.DataFrame:
        """One row a session, newest first.

        ``best``, ``best_trial``, ``best_low`` and ``best_high`` are what its report shows: the
        winner by fresh frames, or the best feasible settings, all their trials together, drift
        taken off; with the interval. Bits per pixel, or the first objective's unit.

        Parameters
        ----------
        where
            Conditions, all of which hold: ``"name = sharpen"``, ``"tag = night"``,
            ``"note ~ oil"``, ``"created_at > 2026-01-01"``.
        sort
            A column; ``-`` in front for the largest first.
        limit
            At most so many rows.
        after
            A session: the rows begin after it, whatever has come before it meanwhile. With
            ``limit``, the next page.
        """
        return self.session_rows(**page).frame()

    def session_rows(self, **page: Unpack[SessionPage]) -> RowTable:
        """Give the rows of `sessions` as they come: without pandas, which takes long to load."""
        with self._reading() as connection:
            return queries.sessions(connection, **page)

    def trials(self, session: str | None = None, **page: Unpack[TrialPage]) -> pd.DataFrame:
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
        after
            A trial, as its number or SESSION/NUMBER: the rows begin after it. With ``limit``, the
            next page.
        """
        return self.trial_rows(session, **page).frame()

    def trial_rows(self, session: str | None = None, **page: Unpack[TrialPage]) -> RowTable:
        """Give the rows of `trials` as they come: without pandas, which takes long to load."""
        with self._reading() as connection:
            chosen = None if session is None else session_id(connection, session)
            return queries.trials(connection, chosen, **page)

    def trial_parts(
        self, session: str | None = None, **page: Unpack[TrialPage]
    ) -> Iterator[pa.Table]:
        """Give the rows of `trials` as Arrow tables of some thousand rows, never all at once.

        Lists and objects are JSON. A setting is a number in all parts, or text where some trial of
        these has text. There is at least one part, of no rows where there are no trials.
        """
        with self._reading() as connection:
            chosen = None if session is None else session_id(connection, session)
            yield from parts.trial_parts(connection, chosen, **page)

    def estimates(self, session: str | None = None) -> pd.DataFrame:
        """One row an estimate, with the values of each field of view; oldest first."""
        return self.estimate_rows(session).frame()

    def estimate_rows(self, session: str | None = None) -> RowTable:
        """Give the rows of `estimates` as they come: without pandas, which takes long to load."""
        with self._reading() as connection:
            chosen = None if session is None else session_id(connection, session)
            return queries.estimates(connection, chosen)

    def events(self, session: str | None = None, *, newest: int | None = None) -> pd.DataFrame:
        """One row an event, oldest first; ``number`` is that of the trial in work, if one was.

        Parameters
        ----------
        newest
            The last so many only.
        """
        return self.event_rows(session, newest=newest).frame()

    def event_rows(self, session: str | None = None, *, newest: int | None = None) -> RowTable:
        """Give the rows of `events` as they come: without pandas, which takes long to load."""
        with self._reading() as connection:
            chosen = None if session is None else session_id(connection, session)
            return queries.events(connection, chosen, newest)

    def rig_names(self) -> list[str]:
        """Names of all rigs that a session or a calibration knows."""
        with self._reading() as connection:
            return instrument.rig_names(connection)

    def measured(self, rig: str) -> list[tuple[datetime, dict[str, Any]]]:
        """When a rig was measured by ``hil measure``, and what was found, the oldest first."""
        with self._reading() as connection:
            return instrument.measured(connection, rig)

    def following(self, session: str) -> Following:
        """Follow a session that may run: each look reads what is new since the last one."""
        return Following(self._reading, self.session_id(session))

    def sql(self, query: str) -> pd.DataFrame:
        """Run one SQL query that only reads; the tables are those of the design.

        Times come as the database driver gives them: from SQLite as text, in UTC.
        """
        import pandas as pd

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
            return session_id(connection, ref)

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
                .where(SessionTable.id == session_id(connection, ref))
            )
            row = connection.execute(query).mappings().one()
            check_row(table_of(SessionTable), row)
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
            return list(TrialRows(session_id(connection, session)).refresh(connection))

    def read_all(self, session: str) -> None:
        """Read every row of a session, for the one purpose that damaged ones are told.

        Raises
        ------
        InputError
            A row holds what hil never writes there.
        """
        with self._reading() as connection:
            chosen = session_id(connection, session)
            of_session = TrialTable.session_id == chosen
            for table in (AcquisitionTable, EstimateTable, SettingTable):
                query = select(table.__table__).join(TrialTable, TrialTable.id == table.trial_id)
                for row in connection.execute(query.where(of_session)).mappings().all():
                    check_row(table_of(table), row)
            of_events = select(EventTable.__table__).where(EventTable.session_id == chosen)
            for row in connection.execute(of_events).mappings().all():
                check_row(table_of(EventTable), row)
            asked = select(SessionTable.objectives).where(SessionTable.id == chosen)
            n_objectives = len(connection.execute(asked).scalar_one())
            query = select(TrialTable.__table__).where(of_session).order_by(TrialTable.number)
            for place, row in enumerate(connection.execute(query).mappings().all()):
                check_row(TRIAL, row)
                if row["number"] != place:
                    raise ValueError(f"a trial has number {row['number']} in place of {place}")
                found = row["objectives"]
                complete = row["state"] == TrialState.COMPLETE.value and found is not None
                if complete and len(found) != n_objectives:
                    raise ValueError(f"trial {place} has {len(found)} objectives")
        self.rows(chosen)
        self.trials(chosen)
        self.estimates(chosen)
        self.events(chosen)

    def drift(self, session: str, confidence: float = 0.95) -> Drift | None:
        """Drift that a session's reference trials show; None if there are fewer than two.

        `hil.ranking.drift.without_drift` gives the trials as they would have been without it.
        """
        with self._reading() as connection:
            chosen = session_id(connection, session)
            reference = select(TrialTable.id).where(
                TrialTable.session_id == chosen, TrialTable.kind == "reference"
            )
            if connection.execute(reference.limit(1)).scalar() is None:
                return None
        from hil.ranking.drift import fit_drift

        return fit_drift(self.rows(chosen), confidence)
