"""Descriptors that hold what keeps a rig safe: of its locks, and of the pipes to its guardian.

A library that closes descriptors that are not its own, a whole range of them or one of its own
twice, lets a second controller in, and what is next written by number may go to another file.
That cannot be mended from within; it is noticed, and the process ends before anything is written.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hil.locks.descriptors import Identity, identity, leading_to


class KeptOpen:
    """Knows descriptors and what they lead to.

    `check` says nothing of what is lost outside of `or_else`.
    """

    def __init__(self) -> None:
        self._kept: dict[int, Identity] = {}
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

    def let_go(self, *numbers: int, of: object) -> bool:
        """Look after them no longer; whether they are still there, and may be closed.

        Where they are not, ``of``, which would close them, is kept to the end of the process: its
        number may be another file's by now.
        """
        with self._guard:
            known = {number: self._kept.pop(number, None) for number in numbers}
            whole = all(identity(number) == wanted for number, wanted in known.items())
            if not whole:
                self._never_closed.append(of)
            return whole

    def lost(self) -> bool:
        """Whether one of them is closed, or leads elsewhere."""
        with self._guard:
            return any(identity(number) != known for number, known in self._kept.items())

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

_WHY = (
    b"error: a device's library has closed files of this program; it ends at once, the guardian"
    b" parks the rig, and hil resume goes on\n"
)


def end_at_once() -> None:
    """End this process with status 1, and write nothing that has to be written by a descriptor.

    Who watches it finds it dead, and puts the light out.
    """
    # Where nobody reads, this does not come to an end.
    said = threading.Thread(target=os.write, args=(2, _WHY), daemon=True)
    said.start()
    said.join(1.0)
    os._exit(1)
