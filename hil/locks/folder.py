"""The folder in which the locks of one user lie, and those of the others beside it."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from hil.errors import InputError

CHOSEN = "HIL_LOCKS"  # an environment variable: another folder, for tests say
_NAME = "hil-locks"
_SHARED = Path("/tmp")  # by the file system's standard it is there, for all users
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


def lock_folder() -> Path:
    """Give this user's folder for locks, made where it is missing.

    It lies in ``/tmp``, on Windows in the folder for temporary files. Others may read there who
    holds what, and write nothing: neither a link that is followed nor a file that is taken for a
    lock.

    Raises
    ------
    InputError
        What is there is a link, no folder, somebody else's, or open to others.
    """
    folder = _base() / (_NAME if (user := _user()) is None else f"{_NAME}-{user}")
    try:
        try:
            folder.mkdir(mode=0o755)
            folder.chmod(0o755)  # whatever the umask: others look whether a lock is held
        except FileExistsError:
            pass
        found = folder.lstat()
    except OSError as error:
        raise InputError(folder, "", f"no folder for locks: {error.strerror}") from None
    if problem := _problem(found, user):
        raise InputError(folder, "", f"{problem}, so no lock can lie there; allowed: your folder")
    return folder


def other_folders() -> Iterator[Path]:
    """Give the lock folders of the machine's other users, each in its owner's hands alone."""
    if (user := _user()) is None:
        return
    for folder in sorted(_base().glob(f"{_NAME}-*")):
        number = folder.name.removeprefix(f"{_NAME}-")
        if not number.isdecimal() or int(number) == user:
            continue
        try:
            if not _problem(folder.lstat(), int(number)):
                yield folder
        except OSError:
            continue  # it has just gone


def _base() -> Path:
    """Give one folder for all processes of this computer, whatever ``TMPDIR`` each has.

    That of a login or a batch job may be its own, and two of them could drive one rig.
    """
    if chosen := os.environ.get(CHOSEN):
        return Path(chosen)
    if os.name != "nt" and _SHARED.is_dir() and os.access(_SHARED, os.W_OK | os.X_OK):
        return _SHARED
    return Path(tempfile.gettempdir())


def _user() -> int | None:
    """Give the user's number; None on Windows, where each has a folder for temporary files."""
    return None if os.name == "nt" else os.getuid()


def _problem(found: os.stat_result, user: int | None) -> str:
    if stat.S_ISLNK(found.st_mode):
        return "it is a link"
    if not stat.S_ISDIR(found.st_mode):
        return "it is no folder"
    if user is None:
        return ""
    if found.st_uid != user:
        return f"it belongs to another user ({found.st_uid})"
    return "others may write to it" if found.st_mode & _OTHERS_MAY_WRITE else ""
