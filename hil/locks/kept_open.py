"""Descriptors that hold what keeps a rig safe: of its locks, and of the pipes to its guardian.

A library that closes descriptors that are not its own, a whole range of them or one of its own
twice, lets a second controller in, and what is next written by number may go to another file.
That cannot be mended from within; it is noticed, and the process ends before anything is written.

So does who sweeps the folder for temporary files: a lock on a file that has no name any more keeps
nobody out. It is locked anew under its name; where somebody else was faster, the process ends.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hil.errors import InputError
from hil.locks.descriptors import Identity, identity, leading_to
from hil.locks.folder import lock_folder

_CLOSED = "a device's library has closed files of this program"
_TAKEN = "the lock on its hardware was deleted, and somebody else holds it now"


@dataclass(slots=True)
class _LockFile:
    """A file that is locked, what its name led to, and who has to know when it does again."""

    path: Path
    known: Identity
    numbers: set[int]
    again: Callable[[], None]
    locks: list[Any] = field(default_factory=list)


class KeptOpen:
    """Knows descriptors and what they lead to.

    `check` says nothing of what is lost outside of `or_else`.

    Attributes
    ----------
    why
        What `lost` found last, in words.
    """

    def __init__(self) -> None:
        self.why = ""
        self._kept: dict[int, Identity] = {}
        self._files: list[_LockFile] = []
        self._never_closed: list[object] = []
        self._guard = threading.Lock()
        self._when_lost: Callable[[], None] | None = None

    def keep(self, *numbers: int) -> tuple[int, ...]:
        """Look after descriptors from now on; those that are open are given back."""
        found = {number: known for number in numbers if (known := identity(number)) is not None}
        with self._guard:
            self._kept.update(found)
        return tuple(found)

    def keep_file(self, path: Path) -> tuple[int, ...]:
        """Look after the descriptors of a file that some library has opened; as `keep`."""
        try:
            found = path.stat()
        except OSError:
            return ()
        return self.keep(*leading_to((found.st_dev, found.st_ino)))

    def keep_locked(self, path: Path, again: Callable[[], None]) -> tuple[int, ...]:
        """Look after a file that is locked, and after its name; as `keep_file`.

        Parameters
        ----------
        path
            In `lock_folder`, or where it was when the file was locked.
        again
            Called once it had to be locked anew, since its name led nowhere or elsewhere.
        """
        numbers = self.keep_file(path)
        if numbers and (known := _leads_to(path)) is not None:
            with self._guard:
                self._files.append(_LockFile(path, known, set(numbers), again))
        return numbers

    def let_go(self, *numbers: int, of: object) -> bool:
        """Look after them no longer; whether they are still there, and may be closed.

        Where they are not, ``of``, which would close them, is kept to the end of the process: its
        number may be another file's by now.
        """
        with self._guard:
            mine = [file for file in self._files if file.numbers & set(numbers)]
            self._files = [file for file in self._files if file not in mine]
            numbers = tuple({*numbers, *(number for file in mine for number in file.numbers)})
            known = {number: self._kept.pop(number, None) for number in numbers}
            whole = all(identity(number) == wanted for number, wanted in known.items())
            locks = [lock for file in mine for lock in file.locks]
            if whole:
                for lock in locks:
                    lock.release()
            else:
                self._never_closed += [of, *locks]
            return whole

    def lost(self) -> bool:
        """Whether one of them is closed, or leads elsewhere, or a lock is another's."""
        with self._guard:
            if any(identity(number) != known for number, known in self._kept.items()):
                self.why = _CLOSED
                return True
            for file in self._files:
                if _leads_to(file.path) != file.known and not self._locked_anew(file):
                    self.why = _TAKEN
                    return True
            return False

    def _locked_anew(self, file: _LockFile) -> bool:
        import filelock

        lock = filelock.FileLock(file.path, thread_local=False)
        try:
            lock_folder()  # made anew where it is gone, open to whom it was
            lock.acquire(timeout=0)
        except (InputError, OSError, filelock.Timeout):
            return False
        if (known := _leads_to(file.path)) is None:  # swept away as it was made
            lock.release()
            return False
        file.known = known
        file.locks.append(lock)
        found = dict.fromkeys(leading_to(known), known)
        self._kept.update(found)
        file.numbers |= set(found)
        with suppress(OSError):
            file.again()
        return True

    def check(self) -> None:
        """Do what `or_else` was told where there is reason to."""
        if self._when_lost is not None and self.lost():
            self._when_lost()

    @contextmanager
    def or_else(self, when_lost: Callable[[], None]) -> Iterator[None]:
        """Have `check` call something within a ``with`` block where one of them is lost."""
        before, self._when_lost = self._when_lost, when_lost
        try:
            yield
        finally:
            self._when_lost = before


KEPT_OPEN = KeptOpen()
"""Those of this process."""


def _leads_to(path: Path) -> Identity | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def end_at_once() -> None:
    """End this process with status 1, and write nothing that has to be written by a descriptor.

    Who watches it finds it dead, and puts the light out.
    """
    after = "it ends at once, the guardian parks the rig, and hil resume goes on"
    words = f"error: {KEPT_OPEN.why}; {after}\n".encode()
    # Where nobody reads, this does not come to an end.
    said = threading.Thread(target=os.write, args=(2, words), daemon=True)
    said.start()
    said.join(1.0)
    os._exit(1)
