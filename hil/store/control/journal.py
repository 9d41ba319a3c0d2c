"""A journal beside the frames: what the database was to be told while it was away.

One line of JSON an entry, synced before anything goes on. A line that a killed process left half is
no entry. Nothing of it is kept in memory.
"""

from __future__ import annotations

import json
import os
import platform
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Any

from hil.locks.descriptors import opener
from hil.store.columns import dump_json
from hil.store.control.folder import lives

# What is measured while the database is away takes some kilobytes a trial.
LIMIT_BYTES = 64 * 2**20


class Journal:
    """One controller's journal.

    Parameters
    ----------
    folder
        Of the session, see `hil.store.control.folder`.
    limit_bytes
        It never grows beyond this.
    """

    def __init__(self, folder: Path, limit_bytes: int | None = None) -> None:
        self.path = folder / f"journal-{platform.node()}-{os.getpid()}.jsonl"
        self._limit = LIMIT_BYTES if limit_bytes is None else limit_bytes
        self._guard = threading.Lock()
        # A process of the same number may have left one.
        self.n_entries = sum(1 for _ in entries(self.path))

    def append(self, entry: Mapping[str, Any]) -> bool:
        """Keep an entry, synced; False if the journal is full, or the disk is."""
        line = dump_json(entry).encode() + b"\n"
        with self._guard, suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # Without a buffer: one that the disk did not take would be written at closing.
            with open(self.path, "a+b", buffering=0, opener=opener) as file:
                before = _whole(file)
                if before + len(line) > self._limit:
                    return False
                try:
                    _write(file, line)
                    os.fsync(file.fileno())
                except OSError:
                    file.truncate(before)
                    raise
            self.n_entries += 1
            return True
        return False

    def clear(self) -> None:
        """Forget all entries: the database has them.

        A disk that is read-only by now keeps the file. It is told once more at `hil resume`, which
        changes nothing: everything has its key.
        """
        with self._guard:
            with suppress(OSError):
                self.path.unlink(missing_ok=True)
            self.n_entries = 0


def _whole(file: FileIO) -> int:
    """Cut off what was left half; tell the length of the rest, bytes."""
    length = file.seek(0, os.SEEK_END)
    if not length:
        return 0
    file.seek(length - 1)
    if file.read(1) != b"\n":
        file.seek(0)
        length = file.readall().rfind(b"\n") + 1
        file.truncate(length)
    return length


def _write(file: FileIO, line: bytes) -> None:
    left = memoryview(line)
    while left:  # a disk that fills takes a part
        left = left[file.write(left) :]


def entries(path: Path) -> Iterator[dict[str, Any]]:
    """Read a journal, oldest entry first, one at a time."""
    with suppress(FileNotFoundError, NotADirectoryError), path.open("rb") as file:
        for line in file:
            with suppress(ValueError, RecursionError):
                said = json.loads(line)
                if isinstance(said, dict):
                    yield said


def left_behind(folder: Path) -> list[Path]:
    """List the journals of this machine's processes that have died, oldest first."""
    found = []
    for path in folder.glob(f"journal-{platform.node()}-*.jsonl"):
        pid = path.stem.rpartition("-")[2]
        if pid.isdigit() and int(pid) != os.getpid() and not lives(int(pid)):
            found.append(path)
    return sorted(found, key=lambda path: path.stat().st_mtime_ns)
