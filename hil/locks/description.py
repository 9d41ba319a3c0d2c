"""What a lock is of, in the words of who holds it: a file beside it, for this user alone."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

# Rig files are a few kilobytes.
_LONGEST = 1 << 20


def write(file: Path, text: str) -> None:
    """Write it whole or not at all; a full disk keeps nobody from work."""
    partial = file.with_suffix(f".{os.getpid()}.partial")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
    with suppress(OSError):
        with open(os.open(partial, flags, 0o600), "w", encoding="utf-8") as opened:
            opened.write(text)
        partial.replace(file)


def read(file: Path) -> str:
    """Read it; empty where there is none that could be one. No link is followed."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        with open(os.open(file, flags), "rb") as opened:
            if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
                return ""
            content = opened.read(_LONGEST + 1)
    except OSError:
        return ""
    return "" if len(content) > _LONGEST else content.decode("utf-8", "replace")
