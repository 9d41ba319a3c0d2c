"""Errors of hil, each with the exit status that the command line gives it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path


class HilError(Exception):
    """Root of the errors that hil raises on purpose: the work failed."""

    exit_status = 1


class InputError(HilError):
    """Something that a person wrote is wrong. Nothing was written and nothing was moved.

    Parameters
    ----------
    where
        The file, command-line option or argument at fault.
    key
        Path of the key inside the file, ``limits."Z.position_um".low`` say; empty if the whole is
        meant.
    problem
        What is wrong, and what is allowed, one line.
    """

    exit_status = 2

    def __init__(self, where: str | Path, key: str, problem: str) -> None:
        self.where = str(where)
        self.key = key
        self.problem = problem
        parts = [part for part in (self.where, key, problem) if part]
        super().__init__(": ".join(parts))


class RigHeld(HilError):
    """Another process drives the rig.

    Parameters
    ----------
    message
        Names who, and since when.
    certain
        Whether that process is known to live; else asking again will tell.
    session_id
        The session that it works for, if that is known.
    """

    exit_status = 3

    def __init__(
        self, message: str, *, certain: bool = True, session_id: str | None = None
    ) -> None:
        self.certain = certain
        self.session_id = session_id
        super().__init__(message)


class SafetyError(HilError):
    """A command would leave the rig's limits; it was not sent.

    Parameters
    ----------
    message
        What is wrong, and what is allowed.
    key
        The key of the rig file that is at fault, where the rig file itself is.
    """

    def __init__(self, message: str, key: str = "") -> None:
        self.key = key
        super().__init__(message)


class InterlockOpen(SafetyError):
    """A setting does not read as it must while anything is sent or exposed."""


class StoreError(HilError):
    """The database or the frame files could not be read or written."""


class NotWritable(StoreError):
    """A database may be read and not written, and nothing has been written or moved.

    Parameters
    ----------
    shown
        Where it lies, without the password.
    why
        What the database says.
    """

    exit_status = 2

    def __init__(self, shown: str | Path, why: str) -> None:
        allowed = "allowed: a file and a folder, or a role of the server, that may be written"
        super().__init__(f"{shown}: the database cannot be written: {why}; {allowed}")


class RigError(HilError):
    """A device failed; the message is the driver's."""


class NotParked(HilError):
    """The rig is not known to be safe.

    Parameters
    ----------
    problems
        Setting to what is wrong with it, what it reads where it answers.
    after
        The error that the rig was parked for, if there was one.
    """

    def __init__(self, problems: Mapping[str, str], after: BaseException | None = None) -> None:
        self.problems = dict(problems)
        listed = "; ".join(f"{name}: {message}" for name, message in problems.items())
        because = f", after: {after or type(after).__name__}" if after is not None else ""
        super().__init__(f"the rig could not be parked: {listed}{because}")


class Interrupted(HilError):
    """A person stopped the work."""

    exit_status = 130


def nearest(word: str, known: Iterable[str]) -> str:
    """Say which known word is meant, or list them: the tail of a message about an unknown one."""
    known = sorted(set(known))
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    if not known:
        return "there is none"
    shown = ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
    return f"allowed: {shown}"
