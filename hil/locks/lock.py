"""A lock on hardware, or on anything that one process of this machine may hold at a time.

It vanishes with its process. Beside it lies a note of who holds it, which decides nothing, and what
it is of where the holder said so: of a holder that was killed both stay.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import stat
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Literal

import filelock
import psutil

from hil.errors import InputError, RigHeld
from hil.foreign.json_text import read_json
from hil.locks import description
from hil.locks.folder import lock_folder, other_folders
from hil.locks.kept_open import KEPT_OPEN

Role = Literal["controller", "guardian"]
# A guardian parks within this time; who comes meanwhile waits for it.
GUARDIAN_S = 30.0
# Somebody who only looks whether a lock is held holds it for an instant.
_INSTANT_S = 0.3
# Who has just taken a lock has written its note within this time.
_NOTE_S = 2.0
_LONGEST_NOTE = 4096
_ENDED = (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)


@contextmanager
def locked(
    what: str,
    role: Role,
    now: Callable[[], datetime],
    *,
    of: str = "",
    described: str = "",
    passing: bool = False,
) -> Iterator[bool]:
    """Hold a lock for the length of a ``with`` block.

    Parameters
    ----------
    what
        What is held; said to whoever is refused.
    role
        A guardian gives way at once; a controller waits for a guardian that is parking.
    now
        The present, UTC.
    of
        Tells it from others of the same name; not said.
    described
        Kept beside it, see `left_behind`.
    passing
        What a holder that was killed left stays for whoever comes next.

    Yields
    ------
    bool
        Whether who held it before was killed, so that nobody knows how it was left.

    Raises
    ------
    RigHeld
        Naming who holds it, and since when.
    InputError
        There is no safe place for the lock.
    """
    path, note = _paths(what, of)
    lock = filelock.FileLock(path, thread_local=False)
    waits = role == "controller" and _read(note).get("role") == "guardian"
    try:
        lock.acquire(timeout=GUARDIAN_S if waits else _INSTANT_S)
    except filelock.Timeout:
        raise RigHeld(f"{what} is held by {_who(note)}") from None
    except OSError as error:
        problem = f"no lock can be kept there: {error.strerror or error}"
        raise InputError(path.parent, "", problem) from None
    began = now()

    def say() -> None:
        if described:
            description.write(_described(note), described)
        _write(note, role, began)

    kept = KEPT_OPEN.keep_locked(path, say)
    found: dict[str, str] = {}
    try:
        found, told = _read(note), description.read(_described(note))
        with suppress(OSError):
            note.unlink(missing_ok=True)
        say()
        if (other := _other_user(path.stem)) is not None:
            raise RigHeld(f"{what} is held by {_who(other)}")
        yield bool(found)
    finally:
        if passing and found:
            description.write(_described(note), told or described)
            _write_down(note, found)
        else:
            with suppress(OSError):
                note.unlink(missing_ok=True)
                _described(note).unlink(missing_ok=True)
        if KEPT_OPEN.let_go(*kept, of=lock):
            lock.release()


def is_left_behind(what: str, *, of: str = "") -> bool:
    """Whether who held a lock last was killed, and nobody has held it since; as for `locked`.

    Raises
    ------
    InputError
        There is no safe place for the lock.
    """
    said = _read(_paths(what, of)[1])
    return bool(said) and not _runs(said)


def left_behind() -> Iterator[str]:
    """Give what was kept beside each lock whose holder was killed, and that nobody held since.

    Raises
    ------
    InputError
        There is no safe place for locks.
    """
    for note in sorted(lock_folder().glob("*.json")):
        said = _read(note)
        if said and not _runs(said) and (text := description.read(_described(note))):
            yield text


def _described(note: Path) -> Path:
    return note.with_suffix(".of")


def _paths(what: str, of: str) -> tuple[Path, Path]:
    """Give the file that is locked, and the note beside it."""
    name = hashlib.sha256(f"{what}\n{of}".encode()).hexdigest()[:24]
    folder = lock_folder()
    return folder / f"{name}.lock", folder / f"{name}.json"


def _write(note: Path, role: Role, at: datetime) -> None:
    said = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "role": role,
        "since": at.isoformat(timespec="seconds"),
    }
    _write_down(note, said)


def _write_down(note: Path, said: Mapping[str, object]) -> None:
    partial = note.with_suffix(f".{os.getpid()}.partial")
    with suppress(OSError):  # a full disk keeps nobody from work
        partial.write_text(json.dumps(said), encoding="utf-8")
        partial.chmod(0o644)
        partial.replace(note)


def _other_user(name: str) -> Path | None:
    """Give the note of another user of this machine who holds the lock, if one does.

    Each locks a file of its own and then looks at those of the others: of two who come at one
    instant both may be refused, and never both be let in.
    """
    for folder in other_folders():
        if _held(folder / f"{name}.lock"):
            return folder / f"{name}.json"
    return None


def _held(path: Path) -> bool:
    """Whether somebody holds another user's lock file; it is neither followed nor written to."""
    if sys.platform == "win32":
        return False
    import fcntl

    try:
        handle = _open(path)
    except OSError:
        return False
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return False
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(handle)
    return False


def _open(path: Path) -> int:
    """Open for reading: no link is followed, and a pipe is not waited for."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    return os.open(path, flags)


def _who(note: Path) -> str:
    deadline_s = time.monotonic() + _NOTE_S
    while not ((said := _read(note)) and _runs(said)) and time.monotonic() < deadline_s:
        time.sleep(0.05)  # its successor has not written yet
    if not said:
        return "another process"
    return f"the {said['role']} with pid {said['pid']} on {said['host']} since {said['since']}"


def _runs(said: dict[str, str]) -> bool:
    """Whether a note is of a process that is there, not of one that was killed."""
    if not said["pid"].isdecimal():
        return False
    try:  # a zombie is dead, whether its parent asks or not
        return psutil.Process(int(said["pid"])).status() not in _ENDED
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True  # it is there, and is somebody else's


def _read(note: Path) -> dict[str, str]:
    """Read a note; empty where there is none that makes sense."""
    try:
        handle = _open(note)
        with open(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                return {}
            said = read_json(file.read(_LONGEST_NOTE))
        return {key: str(said[key]) for key in ("pid", "host", "role", "since")}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
