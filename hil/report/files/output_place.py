"""Where a figure or a table is to go is looked at before the work of which it will tell."""

from __future__ import annotations

import os
from pathlib import Path

from drivers.given import why
from hil.errors import InputError

FIGURES = (".png", ".pdf", ".svg")


def check_output_place(option: str, path: Path, endings: tuple[str, ...]) -> None:
    """Refuse a place that no file can be written to.

    Parameters
    ----------
    option
        By which a person named it, for the message.
    path
        What it is to be called.
    endings
        Those that are allowed, small letters.

    Raises
    ------
    InputError
    """
    allowed = f"a {_listed(endings)} file in a folder that exists"
    folder = path.absolute().parent
    try:
        there = folder.is_dir()
        status = _exists(path)
    except (OSError, ValueError) as error:
        problem = f"cannot be written there: {why(error)}; allowed: {allowed}"
        raise InputError(option, str(path), problem) from None
    if not there or path.suffix.lower() not in endings:
        raise InputError(option, str(path), f"allowed: {allowed}")
    if path.is_dir():
        problem = f"allowed: {allowed}; this is a folder, and cannot be written there"
        raise InputError(option, str(path), problem)
    if not os.access(path if status else folder, os.W_OK):
        raise InputError(option, str(path), f"cannot be written there; allowed: {allowed}")


def _exists(path: Path) -> bool:
    """Whether something is there; unlike `Path.exists` not silent about a loop of links."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _listed(endings: tuple[str, ...]) -> str:
    *others, last = endings
    return f"{', '.join(others)} or {last}" if others else last
