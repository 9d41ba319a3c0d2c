"""Whether frames that were written are still there: found when they go, not when wanted."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path, PurePosixPath

from hil.store.frames.files import file_names, names_there

# Trials looked into at a time: all that there are in turn, for a cost that does not grow.
_AT_A_TIME = 20
# All their names are listed, for at most this share of the time.
_SHARE = 0.01


class FrameFileWatch:
    """Remembers the arrays of one session, and tells once of each that is gone or incomplete.

    Parameters
    ----------
    folder
        The frames folder, shared by all sessions.
    session_id
        Name of the session's group in it.
    monotonic
        Seconds.
    """

    def __init__(self, folder: Path, session_id: str, monotonic: Callable[[], float]) -> None:
        self._folder = folder
        self._session = folder / session_id
        self._monotonic = monotonic
        self._names: dict[int, frozenset[str]] = {}
        self._arrays: dict[int, Path] = {}
        self._turn: Iterator[int] = iter(())
        self._listed_s = -float("inf")
        self._listing_s = 0.0

    def add(self, number: int, path: str | None, fields: Iterable[int], n_axes: int) -> None:
        """Watch over the frames of a trial.

        Parameters
        ----------
        path
            Of its array, relative to the frames folder; None where none were kept.
        fields
            Fields of view that were written.
        n_axes
            Number of axes of the array.
        """
        if path is not None:
            self._arrays[number] = self._folder / PurePosixPath(path)
            self._names[number] = file_names(fields, n_axes)

    def add_present(
        self, number: int, path: str | None, fields: Iterable[int], n_axes: int
    ) -> None:
        """Watch over frames of an earlier process, if they lie on this machine."""
        self.add(number, path, fields, n_axes)
        if number in self._names and not self.is_whole(number):
            self._forget(number)

    def is_whole(self, number: int) -> bool:
        """Whether all files of a trial are there; also where none were kept, or it is unknown."""
        if number not in self._names:
            return True
        try:
            return self._names[number] <= names_there(self._arrays[number])
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:
            return True  # the disk is away; what is on it shows when it is back

    def look(self) -> list[int]:
        """Look whether all is there; the trials whose frames are gone since the last look."""
        suspects = [*self._missing_arrays(), *self._next()]
        lost = sorted({number for number in suspects if not self.is_whole(number)})
        for number in lost:
            self._forget(number)
        return lost

    def _missing_arrays(self) -> list[int]:
        began_s = self._monotonic()
        if began_s - self._listed_s < self._listing_s / _SHARE:
            return []
        try:
            names = set(os.listdir(self._session))
        except FileNotFoundError:
            names = set()
        except OSError:
            return []
        missing = [number for number, array in self._arrays.items() if array.name not in names]
        self._listed_s = self._monotonic()
        self._listing_s = self._listed_s - began_s
        return missing

    def _next(self) -> list[int]:
        """Give the next few trials, beginning anew at the end, and the latest of all."""
        chosen = list(islice(self._turn, _AT_A_TIME))
        if len(chosen) < _AT_A_TIME:
            self._turn = iter(list(self._names))
            chosen += islice(self._turn, _AT_A_TIME - len(chosen))
        return [*chosen, *islice(reversed(self._names), 1)]

    def _forget(self, number: int) -> None:
        del self._names[number], self._arrays[number]
