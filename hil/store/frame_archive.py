"""The frames that trials kept, read back with their checksums compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import select

from drivers.types import Pixels
from hil.errors import StoreError
from hil.store.access import Access
from hil.store.asking.refs import session_id, trial_id
from hil.store.frames.access import FrameFiles, KeptFrames, read_checked, read_field
from hil.store.models import AcquisitionTable, TrialTable


class FrameArchive(Access):
    """Frames of a database's trials."""

    def frames(self, session: str, number: int) -> Pixels:
        """Frames of a trial, (n_fields, n_repeats, [channels,] height, width), ADU, checked.

        Their checksums are compared with those in the database.

        A trial that ended early has the fields of view that were measured until then, in the
        session's order; one that kept the first repeats has those.
        """
        return read_checked(self._location.frames, self._acquisition(session, number), number)

    def frames_of(self, session: str) -> Callable[[int], Pixels]:
        """Give what reads the frames of a session's trials, as `frames` does, without the database.

        Where they lie, and their checksums, are asked for once, for all trials that there are now.
        """
        rows = {row.number: row for row in self._acquisitions(session)}

        def frames(number: int) -> Pixels:
            if number not in rows:
                raise StoreError(f"trial {number} has no frames")
            return read_checked(self._location.frames, rows[number], number)

        return frames

    def files_of(self, session: str) -> dict[int, FrameFiles]:
        """Say for each trial of a session whose frames were kept where they lie."""
        return {
            row.number: FrameFiles(
                self._location.frames / PurePosixPath(row.path),
                dict(zip(row.fields, row.checksums, strict=False)),
                row.saturation_adu,
            )
            for row in self._acquisitions(session)
            if row.path is not None
        }

    def _acquisition(self, session: str, number: int) -> Any:
        with self._reading() as connection:
            chosen = trial_id(connection, session, number)
            row = connection.execute(
                select(AcquisitionTable.__table__).where(AcquisitionTable.trial_id == chosen)
            ).one_or_none()
        if row is None:
            raise StoreError(f"trial {number} has no frames")
        return row

    def field(self, session: str, number: int, field: int | None = None) -> Pixels:
        """Frames of one field of view, (n_repeats, [channels,] height, width), ADU, checked.

        Parameters
        ----------
        field
            Index of the field of view; without it the first one that the trial measured.

        Raises
        ------
        StoreError
            They were not kept, are gone or damaged, or the trial did not measure that field.
        """
        row = self._acquisition(session, number)
        which = (row.fields or [-1])[0] if field is None else field
        if which not in row.fields:
            raise StoreError(f"trial {number} did not measure field {which}")
        return read_field(self._location.frames, row, number, which)

    def kept(self, session: str) -> list[KeptFrames]:
        """List what was kept of the frames of a session's trials, in order of number."""
        return [
            KeptFrames(
                number=row.number,
                fields=tuple(row.fields),
                n_frames=row.n_frames,
                shape=None if row.path is None else tuple(row.shape),
                exposure_ms=row.exposure_ms,
                saturation_adu=row.saturation_adu,
            )
            for row in self._acquisitions(session)
        ]

    def verify(self, session: str) -> list[str]:
        """Read all frames of a session again; list what does not match its checksum."""
        problems = []
        for row in self._acquisitions(session):
            if row.path is None:
                continue
            try:
                read_checked(self._location.frames, row, row.number)
            except StoreError as error:
                problems.append(str(error))
        return problems

    def _acquisitions(self, session: str) -> Sequence[Any]:
        with self._reading() as connection:
            return connection.execute(
                select(TrialTable.number, AcquisitionTable.__table__)
                .join(AcquisitionTable, AcquisitionTable.trial_id == TrialTable.id)
                .where(TrialTable.session_id == session_id(connection, session))
                .order_by(TrialTable.number)
            ).all()
