"""A process that lives holds a lock that it alone may hold; the system lets go of it at its death.

So neither a number that is used again, nor a boot time that reads otherwise, nor a parent that does
not ask how its child ended makes the living look dead or the dead alive.
"""

from __future__ import annotations

import atexit
import os
import secrets
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from hil.errors import InputError
from hil.locks.folder import lock_folder
from hil.locks.kept_open import KEPT_OPEN
from hil.locks.progress import Life

if TYPE_CHECKING:  # it brings asyncio and TLS, which who only asks the database need not wait for
    import filelock

_ENDED = (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)


class _Own:
    """The mark of this process, and the lock that says that it lives."""

    def __init__(self) -> None:
        import filelock

        self.pid = os.getpid()
        self.token = secrets.token_hex(16)
        self._lock: filelock.FileLock | None = None
        self._kept: tuple[int, ...] = ()
        with suppress(InputError, OSError, filelock.Timeout):  # then its counter has to tell
            lock = filelock.FileLock(_path(self.token), thread_local=False)
            lock.acquire(timeout=0)
            self._lock = lock
            self._kept = KEPT_OPEN.keep_locked(Path(lock.lock_file), lambda: None)
            atexit.register(self.end)

    def end(self) -> None:
        """Leave nothing behind."""
        if self._lock is not None and self.pid == os.getpid():
            if KEPT_OPEN.let_go(*self._kept, of=self._lock):
                self._lock.release()
            with suppress(OSError):
                Path(self._lock.lock_file).unlink()


_GUARD = threading.Lock()
_own: _Own | None = None


def own_token() -> str:
    """Give the mark of this process, and show from now on that it lives."""
    global _own
    with _GUARD:
        if _own is None or _own.pid != os.getpid():  # a fork is a process of its own
            _own = _Own()
        return _own.token


def look(token: str, pid: int) -> Life:
    """Tell whether a process of this machine lives, as far as its lock shows.

    Parameters
    ----------
    token
        Its mark; empty for one of whom none was written down.
    pid
        Its number.
    """
    import filelock

    if not token:
        return Life.UNKNOWN if _runs(pid) else Life.DEAD
    try:
        path = _path(token)
        if not path.exists():
            return Life.UNKNOWN  # another user's, another container's, or swept away
        with filelock.FileLock(path, thread_local=False).acquire(timeout=0):
            pass
    except filelock.Timeout:
        # A child of a driver may hold what its dead parent held.
        return Life.ALIVE if _runs(pid) else Life.UNKNOWN
    except (InputError, OSError):
        return Life.UNKNOWN
    return Life.DEAD  # the file stays, for others who ask


def _path(token: str) -> Path:
    if not token.isalnum():
        raise InputError("lock", "", "the mark of a process is made of letters and digits")
    return lock_folder() / f"life-{token}.lock"


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() not in _ENDED
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True  # it is there, and is somebody else's
