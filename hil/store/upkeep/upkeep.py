"""What is done to a database as a whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.exc import DBAPIError

from hil.errors import HilError, InputError, StoreError
from hil.records.session import SessionState
from hil.store.access import Access
from hil.store.asking.asking import Asking
from hil.store.cells.damage import damaged_cells
from hil.store.columns import damage_told
from hil.store.engine import one_line
from hil.store.frame_archive import FrameArchive
from hil.store.frames.maps import FOLDER as MAPS
from hil.store.models import ACQUISITION, TRIAL, Base
from hil.store.upkeep import merging
from hil.store.upkeep.frame_copies import copy_array, copy_group_file, folder_bytes
from hil.store.upkeep.merging import SESSION, Merged


class Upkeep(Asking, FrameArchive):
    """Merging, checking, shrinking and measuring."""

    def merge(self, other: Access, said: Callable[[str], None] = lambda _: None) -> Merged:
        """Take over all that another database has and this one has not, its frames too.

        It may be repeated: what is here is not taken twice. The other one is only read.

        Parameters
        ----------
        other
            Open, of the same schema.
        said
            Told the id of each session before it is taken.

        Raises
        ------
        InputError
            Both are the same database.
        StoreError
            A frame could not be copied, or a database failed; whole sessions were taken until then.
        """
        if other.url == self.url or self._location.same_file(other.location):
            raise InputError("OTHER", other.url, "that is this very database")
        merged = Merged()
        with other.reading() as theirs:
            with self._writing(section="rig") as ours:
                rigs = merging.take_rigs(theirs, ours)
                merging.take_loose_events(theirs, ours)
            self._take_calibrations(other, theirs, rigs, merged)
            order = SESSION.c.created_at, SESSION.c.id
            for session in theirs.execute(select(SESSION).order_by(*order)).mappings().all():
                said(session["id"])
                self._take_session(other, theirs, dict(session), rigs, merged)
        return merged

    def _take_calibrations(
        self, other: Access, theirs: Any, rigs: Mapping[str, str], merged: Merged
    ) -> None:
        with self._reading() as ours:
            rows = merging.new_calibrations(theirs, ours)
        for row in rows:
            folder = PurePosixPath(MAPS) / row["id"]
            merged.n_arrays += copy_array(other.frames_folder / folder, self.frames_folder / folder)
            with self._writing() as ours:
                values = {**row, "rig_id": rigs[row["rig_id"]]}
                ours.execute(insert(merging.CALIBRATION), values)
            merged.calibrations += 1

    def _take_session(
        self,
        other: Access,
        theirs: Any,
        session: Mapping[str, Any],
        rigs: Mapping[str, str],
        merged: Merged,
    ) -> None:
        key = session["id"]
        if not SessionState(session["state"]).ended:
            merged.left.append(f"session {key[:8]} is {session['state']}: merge again at its end")
            return
        try:
            # Before a frame is copied: those of a session that goes on here lie in the same places.
            with self._reading() as ours:
                merging.refuse_parted(theirs, ours, key)
        except StoreError as error:
            merged.left.append(str(error))
            return
        merged.n_arrays += self._copy_frames(other, theirs, key, merged)
        try:
            with self._writing(section=key) as ours:
                new, trials, changed = merging.take_session(theirs, ours, session, rigs)
        except StoreError as error:
            merged.left.append(str(error))
            return
        merged.trials += trials
        if new:
            merged.sessions.append(key)
        elif changed:
            merged.renewed.append(key)
        else:
            merged.n_known += 1

    def _copy_frames(self, other: Access, theirs: Any, key: str, merged: Merged) -> int:
        """Copy the arrays of a session that are not here, before the rows that speak of them."""
        paths = theirs.execute(
            select(ACQUISITION.c.path)
            .join(TRIAL, TRIAL.c.id == ACQUISITION.c.trial_id)
            .where(TRIAL.c.session_id == key, ACQUISITION.c.path.is_not(None))
        ).scalars()
        copied, missing = 0, 0
        for path in paths:
            parts = PurePosixPath(path).parts
            if len(parts) != 2 or ".." in parts or PurePosixPath(path).is_absolute():
                raise StoreError(f"session {key[:8]}: {path!r} is no path of frames")
            source, target = other.frames_folder / path, self.frames_folder / path
            copied += copy_array(source, target)
            missing += not target.is_dir()
        if missing:
            merged.left.append(f"session {key[:8]}: the frames of {missing} trials are not there")
        if copied:
            copy_group_file(other.frames_folder / key, self.frames_folder / key)
        return copied

    def problems(self) -> list[str]:
        """Read every row and every frame again; list what is damaged, missing or does not match."""
        found = self._of_the_database()
        with self._reading() as connection:
            cells = [str(damage) for damage in damaged_cells(connection)]
            keys = connection.exec_driver_sql(
                "SELECT id FROM session ORDER BY created_at"
            ).scalars()
            sessions = [key for key in keys if isinstance(key, str)]
        for key in sessions:
            found += [f"session {key[:8]}: {problem}" for problem in self._of_session(key, cells)]
        return found + cells

    def _of_session(self, key: str, cells: Sequence[str]) -> list[str]:
        """Say what is wrong with a session's rows, beside damaged cells, and with its frames."""
        found: list[str] = []
        try:
            self.read_all(key)
        except HilError as error:
            if not cells:
                found.append(str(error))
        try:
            with damage_told(self.url):
                found += self.verify(key)
        except HilError as error:
            if not cells and not found:
                found.append(str(error))
        return found

    def _of_the_database(self) -> list[str]:
        if self._engine.dialect.name != "sqlite":
            return []
        with self._reading() as connection:
            said = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
            found = [f"the file: {line}" for line in said if line != "ok"]
            orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        found += [f"a row of {row[0]} belongs to a row of {row[2]} not there" for row in orphans]
        return found

    def vacuum(self) -> tuple[int, int]:
        """Give the room of removed rows back, and renew what queries are planned by.

        PostgreSQL keeps the room for rows to come.

        Returns
        -------
        tuple of int
            Bytes of the database before and after.

        Raises
        ------
        StoreError
            Somebody else uses it just now.
        """
        before = self._bytes()
        engine = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                driver: Any = connection.connection.dbapi_connection
                sqlite = engine.dialect.name == "sqlite"
                words = ("VACUUM", "ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)")
                for word in words if sqlite else ("VACUUM ANALYZE",):
                    driver.execute(word)
        except Exception as error:
            if not isinstance(error, (DBAPIError, self._engine.dialect.loaded_dbapi.Error)):
                raise
            raise StoreError(f"the database is in use: {one_line(error)}") from error
        return before, self._bytes()

    def stats(self) -> dict[str, int]:
        """Count the rows of each table, and the bytes of the database and of the frames."""
        with self._reading() as connection:
            rows = {
                table.name: int(
                    connection.execute(select(func.count()).select_from(table)).scalar_one()
                )
                for table in Base.metadata.sorted_tables
            }
        return {
            **rows,
            "database_bytes": self._bytes(),
            "frames_bytes": folder_bytes(self.frames_folder),
        }

    def _bytes(self) -> int:
        file = self._location.file
        if file is not None:
            beside = [file.with_name(f"{file.name}{end}") for end in ("", "-wal")]
            return sum(os.stat(path).st_size for path in beside if Path(path).exists())
        with self._reading() as connection:
            size = connection.exec_driver_sql("SELECT pg_database_size(current_database())")
            return int(size.scalar_one())
