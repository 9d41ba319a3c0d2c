"""Durable barriers: in the database or, while that is away, in a journal, and never in both twice.

What the database has not taken within a second is in the journal, too, so that a kill loses
nothing. What it has not taken within five seconds, since it is away or since it hangs, stays there,
and the session goes on; the journal is told to the database, in order, before the next trial is
proposed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from hil.errors import StoreError
from hil.store.control.entries import Entry, from_json
from hil.store.control.journal import Journal, entries, left_behind
from hil.store.engine import is_of_the_place, is_passing, one_line, writing
from hil.store.retry import DATABASE, Retry
from hil.store.trials.changes import HasEnded
from hil.waits.waits import WAITS

_AHEAD_S = 1.0
GO_ON_S = 5.0


class Barriers:
    """Commits entries.

    Parameters
    ----------
    engine
        The database.
    retry
        How long it is waited for where the journal is full, or must be told.
    folder
        Of the session, beside the frames.
    still_ours
        Raises where the rig has been taken from this process: then nothing measured is told.
    """

    def __init__(
        self,
        engine: Engine,
        retry: Retry,
        folder: Path,
        still_ours: Callable[[Connection], None] = lambda connection: None,
    ) -> None:
        self._still_ours = still_ours
        self._engine = engine
        self._retry = retry
        self._folder = folder
        self._journal = Journal(folder)
        self._guard = threading.RLock()
        self._left = _Telling(lambda: None)
        self._refused: list[str] = []
        self._told: set[Path] = set()  # those of dead processes

    def commit(self, entry: Entry) -> None:
        """Make an entry durable.

        Raises
        ------
        StoreError
            Neither the database nor the journal takes it.
        """
        with self._guard:
            if self._journal.n_entries or not self._left.ended(0):
                self._behind(entry)
                return
            briefly = replace(self._retry, limit_s=min(GO_ON_S, self._retry.limit_s))
            telling = _Telling(
                lambda: briefly.run(lambda attempt: self._tell(entry, repeated=attempt > 1))
            )
            kept = not telling.ended(min(_AHEAD_S, GO_ON_S)) and self._keep(entry)
            if kept and not telling.ended(GO_ON_S - _AHEAD_S):
                self._left = telling  # who hangs is left behind: the journal has it
                return
            telling.ended(None)
            error = telling.error
            if error is None:
                if kept:
                    self._journal.clear()
                return
            cause = error.__cause__ or error
            if is_passing(cause):
                if not (kept or self._keep(entry)):
                    # There is no room for it: the database is waited for.
                    self._retry.run(lambda _attempt: self._tell(entry, repeated=True))
            elif is_of_the_place(cause) and (kept or self._keep(entry)):
                raise StoreError(f"{error}; {self._journal.path} keeps it") from cause
            else:
                if kept:
                    self._journal.clear()
                raise error

    def _keep(self, entry: Entry) -> bool:
        return self._journal.append(entry.to_json())

    def _behind(self, entry: Entry) -> None:
        """Commit an entry that has others before it."""
        if self._keep(entry):
            if not self._left.ended(0):
                return
            try:
                self._tell_all(self._journal.path)
            except DBAPIError as error:
                if not is_passing(error):
                    why = one_line(error)
                    raise StoreError(f"the database could not be written: {why}") from error
            else:
                self._journal.clear()
            return
        self.drain()
        self.commit(entry)

    def drain(self) -> int:
        """Tell the database all that is in the journal, and in those that dead processes left.

        Returns
        -------
        int
            How many entries there were.

        Raises
        ------
        StoreError
            It did not take them; they stay.
        """
        with self._guard:
            with WAITS.waiting(DATABASE):
                self._left.ended(None)  # it may be telling the same
            paths = [path for path in left_behind(self._folder) if path not in self._told]
            if self._journal.n_entries:
                paths.append(self._journal.path)
            told = 0
            for path in paths:
                try:
                    told += self._retry.run(partial(self._tell_all, path))
                    if path == self._journal.path:
                        self._journal.clear()
                    self._told.add(path)
                    with suppress(OSError):  # a read-only disk: told again, which changes nothing
                        path.unlink(missing_ok=True)
                except OSError as error:
                    raise StoreError(f"{path}: {error.strerror or error}") from error
            return told

    @property
    def refused(self) -> list[str]:
        """Entries that came too late: their trials had come to another end. Given once."""
        refused, self._refused = self._refused, []
        return refused

    def _tell(self, entry: Entry, *, repeated: bool) -> None:
        with writing(self._engine) as connection:
            if entry.measured:
                self._still_ours(connection)
            entry.apply(connection, repeated=repeated)

    def _tell_all(self, path: Path, _attempt: int = 1) -> int:
        n = 0
        for said in entries(path):
            try:
                entry = from_json(said)
            except ValueError as error:
                raise StoreError(f"{path}: entry {n + 1} cannot be read: {error}") from error
            try:
                self._tell(entry, repeated=True)
            except HasEnded as error:
                # By this very journal, at an earlier try, or by somebody else.
                self._refused.append(str(error))
            n += 1
        return n


class _Telling:
    """Runs work on a thread of its own, which may hang.

    Attributes
    ----------
    error
        What it raised, once it has ended; None if it went well.
    """

    def __init__(self, work: Callable[[], object]) -> None:
        self.error: BaseException | None = None
        self._work = work
        self._thread = threading.Thread(target=self._run, name="hil-tell", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:  # raised where it is waited for
            self.error = error

    def ended(self, within_s: float | None) -> bool:
        """Wait for its end; whether it has come. None waits for ever."""
        self._thread.join(None if within_s is None else max(within_s, 0.0))
        return not self._thread.is_alive()
