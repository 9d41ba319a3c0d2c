"""Programs of the system that say what no library does."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence

Ask = Callable[[Sequence[str]], str]
"""Runs a program, and gives what it prints."""

_DEADLINE_S = 20.0


def answer_of(command: Sequence[str]) -> str:
    """Run a program, and give what it prints; empty where there is none, or it fails or hangs."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=True,
            timeout=_DEADLINE_S,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout
