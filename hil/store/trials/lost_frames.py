"""Frames that were kept and are gone: found, tagged, and told in an event."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from hil.clock import Clock
from hil.store.engine import writing
from hil.store.frames.access import kept_frames
from hil.store.frames.watch import FrameFileWatch
from hil.store.frames.writer import FRAMES
from hil.store.retry import Retry
from hil.store.trials import changes as trial_changes
from hil.waits.waits import WAITS

# A trial's tag once its frames are gone: its numbers stand, and nobody can estimate them again.
FRAMES_LOST = "frames-lost"


class LostFrames:
    """Watches over the frames of one session's trials.

    Parameters
    ----------
    engine
        The open database.
    folder
        The frames folder, shared by all sessions.
    session_id
        Full id of the session.
    retry
        How long to wait for the database.
    clock
        Time.
    """

    def __init__(
        self, engine: Engine, folder: Path, session_id: str, retry: Retry, clock: Clock
    ) -> None:
        self._engine = engine
        self._folder = folder
        self._session_id = session_id
        self._retry = retry
        self._watch = FrameFileWatch(folder, session_id, clock.monotonic)
        self._knows_earlier = False

    def add(self, number: int, path: str | None, fields: Iterable[int], n_axes: int) -> None:
        """Watch over the frames of a trial; see `FrameFileWatch.add`."""
        self._watch.add(number, path, fields, n_axes)

    def is_whole(self, number: int) -> bool:
        """Whether the frames of a trial are where they were written."""
        with WAITS.waiting(FRAMES):
            return self._watch.is_whole(number)

    def tell(self, at: datetime, event: Callable[[str, datetime, Mapping[str, Any]], None]) -> None:
        """Write down which trials' frames are gone since this was last asked.

        Parameters
        ----------
        event
            Commits an event: its kind, the time, and what it says.
        """
        if not self._knows_earlier:
            earlier = self._retry.run(lambda _attempt: self._kept_frames())
            with WAITS.waiting(FRAMES):
                for kept in earlier:
                    self._watch.add_present(*kept)
            self._knows_earlier = True
        with WAITS.waiting(FRAMES):
            lost = self._watch.look()
        if lost:
            self._retry.run(lambda _attempt: self._tag(lost))
            detail = {"trials": lost, "folder": str(self._folder / self._session_id)}
            event("frames_lost", at, detail)

    def _kept_frames(self) -> list[tuple[int, str | None, list[int], int]]:
        with self._engine.connect() as connection:
            return kept_frames(connection, self._session_id)

    def _tag(self, lost: list[int]) -> None:
        with writing(self._engine) as connection:
            trial_changes.tag(connection, self._session_id, lost, FRAMES_LOST)
