"""Whether this computer is fit for a night: its threads, cores, memory, locks, disk, database."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hil.store.location import Location

_LEAST_MEMORY_BYTES = 2e9  # a session holds 0.5 GB before its first large frame
_LEAST_DISK_BYTES = 10e9
_SLOW_SYNC_S = 0.2  # each field of view and each step of a trial is synced


def night(db: str | None, frames: Path | None) -> Iterator[tuple[str, str]]:
    """Say of each part how it stands, and what to do where it is not fit, line by line.

    Parameters
    ----------
    db, frames
        As for `hil.open_database`. What is not there yet is not made.
    """
    from hil.cli.upkeep import awake, starts
    from hil.cli.upkeep.threads import library_threads, threads, usable_cores
    from hil.errors import HilError
    from hil.locks.folder import lock_folder
    from hil.store.location import locate

    usable = usable_cores()
    yield "threads", threads(usable, library_threads())
    yield "device-threads", starts.device_threads()
    yield "guardian", starts.guardian()
    yield "timer", starts.timer()
    yield "priority", starts.priority()
    yield "sleep", awake.sleep()
    yield "restart", awake.restart()
    yield "cores", _cores(usable)
    yield "memory", _memory()
    try:
        yield "locks", f"in {lock_folder()}"
    except HilError as error:
        yield "locks", f"NOT FIT: {error}"
    try:
        location = locate(db, frames)
    except HilError as error:
        yield "database", f"NOT FIT: {error}"
        return
    yield "frames", _disk(location.frames)
    yield "database", _database(location, db, frames)


def _cores(usable: int) -> str:
    import psutil

    n_cores = psutil.cpu_count() or 1
    busy = psutil.getloadavg()[0]
    said = f"{n_cores}, load {busy:.1f}"
    if usable < n_cores:
        said += f", of which this process may use {usable}"
        n_cores = usable
    if n_cores < 2:
        return f"{said}: devices wait while trials are estimated; two or more let both go on"
    if busy > n_cores / 2:
        return f"{said}: busy with other programs, beside which trials take longer: end them"
    return said


def _memory() -> str:
    import psutil

    free = psutil.virtual_memory().available
    said = f"{free / 1e9:.1f} GB available"
    return f"{said}: NOT FIT, end other programs" if free < _LEAST_MEMORY_BYTES else said


def _disk(folder: Path) -> str:
    """Look at the disk of the frames: what is free, and how long it takes to keep a byte safe."""
    near = next(one for one in (folder, *folder.absolute().parents) if one.is_dir())
    try:
        free = shutil.disk_usage(near).free
        took_s = _sync_s(near)
    except OSError as error:
        return f"NOT FIT: {near}: {error.strerror}: allow this user to write there, or --frames"
    said = f"{free / 1e9:.1f} GB free in {folder}, a sync takes {1000 * took_s:.0f} ms"
    if free < _LEAST_DISK_BYTES:
        return f'{said}: little; --frames another disk, or [measure] keep_frames = "first", "none"'
    if took_s > _SLOW_SYNC_S:
        return f"{said}: slow, so trials wait for it; --frames a disk of this computer"
    return said


def _sync_s(folder: Path) -> float:
    import os

    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"hil")
        file.flush()
        began = time.perf_counter()
        os.fsync(file.fileno())
        return time.perf_counter() - began


def _database(location: Location, db: str | None, frames: Path | None) -> str:
    from hil.errors import HilError
    from hil.store import open_database

    if location.file is not None and not location.file.exists():
        folder = location.file.absolute().parent
        if not folder.is_dir():
            return f"NOT FIT: {location.shown}: no folder {folder}: make it"
        return f"none yet at {location.shown}: the first session makes it"
    try:
        with open_database(db, frames=frames, read_only=True) as database:
            under_way = database.sessions(where=["state = RUNNING"], limit=100)
    except HilError as error:
        return f"NOT FIT: {error}"
    said = f"{location.shown}, of this version"
    if len(under_way):
        return f"{said}; not at their end: {', '.join(key[:8] for key in under_way['session_id'])}"
    return said
