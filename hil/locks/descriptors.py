"""Descriptors 0, 1 and 2 are what a process reads from and prints to, whoever closes them.

A library that closes them hands their numbers to the next files that are opened, and what is
printed goes there: into frames, say. So duplicates are kept, closed outputs are put back, and files
of ours never stay at these numbers.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import suppress

_OUTPUTS = (0, 1, 2)
_FIRST_OF_FILES = 3
# Files of ours are among the first that are opened; beyond that nobody looks.
_LAST_LOOKED_AT = 1024

# Device and file; what a descriptor is of.
Identity = tuple[int, int]


def identity(number: int) -> Identity | None:
    """Tell what a descriptor is of; None where it is closed."""
    try:
        found = os.fstat(number)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def leading_to(wanted: Identity) -> Iterator[int]:
    """Find the descriptors of a file, also those that some library has opened."""
    return (n for n in range(_FIRST_OF_FILES, _LAST_LOOKED_AT) if identity(n) == wanted)


class Outputs:
    """Duplicates of the descriptors 0, 1 and 2, for the life of the process."""

    def __init__(self) -> None:
        # Each with what it is of: asked for twice with every call into a driver, once is enough.
        self._kept: dict[int, tuple[int, Identity]] = {}
        self._guard = threading.Lock()

    def keep(self) -> None:
        """Keep them as they are now, redirected or not; one that is closed is put back."""
        with self._guard:
            for number in _OUTPUTS:
                now, kept = identity(number), self._kept.get(number)
                if now is None:  # or the next file would be printed to
                    self._lead_back(number)
                    now = identity(number)
                if now is not None and (kept is None or kept[1] != now):
                    self._keep(number, now)

    def put_back(self) -> None:
        """Have them as they were kept."""
        with self._guard:
            for number, (_, wanted) in self._kept.items():
                if identity(number) != wanted:
                    self._lead_back(number)

    def _keep(self, number: int, now: Identity) -> None:
        before = self._kept.get(number)
        with suppress(OSError):
            self._kept[number] = _above(os.dup(number)), now
            if before is not None and identity(before[0]) == before[1]:
                os.close(before[0])

    def _lead_back(self, number: int) -> None:
        """Put a descriptor back; to nowhere, where none was kept or that is lost as well."""
        kept = self._kept.get(number)
        if kept is not None and identity(kept[0]) == kept[1]:
            with suppress(OSError):
                os.dup2(kept[0], number)
        elif identity(number) is None:
            _occupy(number)


OUTPUTS = Outputs()
"""Those of this process."""


def opener(path: str, flags: int) -> int:
    """Open a file, for `open`'s ``opener``: at none of these numbers, should one be free."""
    number = os.open(path, flags, 0o666)
    if number >= _FIRST_OF_FILES:
        return number
    moved = _above(os.dup(number))
    OUTPUTS.put_back()
    if identity(number) == identity(moved):  # nothing was kept for it
        _occupy(number)
    return moved


def _above(number: int) -> int:
    """Move a descriptor beyond the standard ones; those on the way are given back."""
    passed = []
    while number < _FIRST_OF_FILES:
        passed.append(number)
        number = os.dup(number)
    for low in passed:
        os.close(low)
    os.set_inheritable(number, False)
    return number


def _occupy(number: int) -> None:
    """Have a closed descriptor, or one of a file of ours, lead to nowhere."""
    nothing = os.open(os.devnull, os.O_RDWR)
    if nothing != number:
        os.dup2(nothing, number)
        if nothing >= _FIRST_OF_FILES:
            os.close(nothing)
    else:
        os.set_inheritable(number, True)
