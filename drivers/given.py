"""Files that a person named: read in bounded time and memory, whatever lies there.

A pipe that nobody writes to would be waited for without end, a device would fill the memory.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from pathlib import Path

# What a person wrote is far smaller; another file is not read into memory to find out.
MOST_TEXT_BYTES = 16 * 2**20
# Numbers: matrices, scenes, tables of settings.
MOST_NUMBERS_BYTES = 2**30
# A program that writes to a pipe has done so by then.
PIPE_S = 10.0

_KINDS = (
    (stat.S_ISDIR, "is a folder"),
    (stat.S_ISCHR, "is a device"),
    (stat.S_ISBLK, "is a device"),
    (stat.S_ISSOCK, "is a socket"),
    (stat.S_ISFIFO, "is a pipe"),
)
_CHUNK_BYTES = 2**20
_POLL_S = 0.02


def ordinary_file(path: Path, most_bytes: int | None = None) -> Path:
    """Return a path if an ordinary file lies there, of which parts can be read in any order.

    Parameters
    ----------
    path
        As a person named it.
    most_bytes
        The largest that is allowed; None for any.

    Raises
    ------
    OSError
        Its ``strerror`` is for people: there is none, it is a folder, a device, a pipe, too large,
        or its name is none.
    """
    _check(path, _status(path), most_bytes, pipes=False)
    return path


def given_bytes(path: Path, most_bytes: int = MOST_TEXT_BYTES) -> bytes:
    """Read a whole file, or what another program writes to a pipe (``<(...)`` of a shell).

    Parameters
    ----------
    path
        As a person named it.
    most_bytes
        No more is read.

    Raises
    ------
    OSError
        As for `ordinary_file`; or nobody has written to the pipe to its end within 10 s.
    """
    found = _status(path)
    _check(path, found, most_bytes, pipes=True)
    if not stat.S_ISFIFO(found.st_mode):
        with path.open("rb") as file:
            held = file.read(most_bytes + 1)
    else:
        held = _from_pipe(path, most_bytes)
    if len(held) > most_bytes:
        raise _too_large(path, len(held), most_bytes)
    return held


def given_text(path: Path, most_bytes: int = MOST_TEXT_BYTES) -> str:
    """Read a file as UTF-8; a byte-order mark, as editors on Windows write it, is dropped.

    Raises
    ------
    OSError
        As for `given_bytes`.
    UnicodeDecodeError
        It is no text.
    """
    return given_bytes(path, most_bytes).decode("utf-8-sig")


def why(error: BaseException) -> str:
    """Say in one line why something could not be read, without the system's number."""
    said = getattr(error, "strerror", None) or str(error)
    return str(said).splitlines()[0] if said else type(error).__name__


def _status(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except ValueError as error:  # a zero byte in the name, or letters that no file can have
        raise OSError(errno.EINVAL, f"no name of a file: {error}", str(path)) from None


def _check(path: Path, found: os.stat_result, most_bytes: int | None, *, pipes: bool) -> None:
    for is_one, what in _KINDS:
        if is_one(found.st_mode) and not (pipes and is_one is stat.S_ISFIFO):
            raise OSError(errno.EINVAL, f"{what}, allowed: an ordinary file", str(path))
    if most_bytes is not None and found.st_size > most_bytes:
        raise _too_large(path, found.st_size, most_bytes)


def _too_large(path: Path, n_bytes: int, most_bytes: int) -> OSError:
    said = f"{n_bytes / 2**20:.0f} MiB, allowed: up to {most_bytes // 2**20} MiB"
    return OSError(errno.EFBIG, said, str(path))


def _from_pipe(path: Path, most_bytes: int) -> bytes:
    """Read to the end of what is written; one to which nobody has begun to write has no end yet."""
    held = bytearray()
    last_s = time.monotonic() + PIPE_S
    number = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    try:
        while len(held) <= most_bytes:
            try:
                part = os.read(number, _CHUNK_BYTES)
            except BlockingIOError:
                part = None
            if part == b"" and held:
                return bytes(held)
            if not part:
                if time.monotonic() > last_s:
                    raise OSError(
                        errno.ETIMEDOUT,
                        f"is a pipe that nobody wrote to its end within {PIPE_S:g} s",
                        str(path),
                    )
                time.sleep(_POLL_S)
                continue
            held += part
    finally:
        os.close(number)
    return bytes(held)
