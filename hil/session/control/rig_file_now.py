"""The rig file as it lies there when a pause ends: what a person tightened meanwhile must hold."""

from __future__ import annotations

import threading
from contextlib import suppress

from hil.errors import InputError
from hil.spec import RigFile, load_rig_file
from hil.spec.stricter import tightened

# A disk that does not answer by then has no news of the file.
_PATIENCE_S = 2.0


def why_not_go_on(running: RigFile) -> str:
    """Say why a session must not go on by the rig file that it has read; empty if it may.

    Whoever pauses it to change an objective writes down what that must not touch. A file that is
    gone, or cannot be reached, tells nothing.

    Parameters
    ----------
    running
        What the session holds to.
    """
    found: list[str] = []

    def look() -> None:
        with suppress(OSError):
            found.append(_changed(running))

    looking = threading.Thread(target=look, name="hil-rig-file", daemon=True)
    with suppress(RuntimeError):  # no thread is to be had
        looking.start()
        looking.join(_PATIENCE_S)
    return found[0] if found else ""


def _changed(running: RigFile) -> str:
    if not running.path.is_file():
        return ""
    name = running.path.name
    try:
        key = tightened(running, load_rig_file(running.path))
    except InputError as error:
        return f"{name} cannot be read by now ({error.key or 'it is no rig file'}): mend it"
    if not key:
        return ""
    return f"{name} allows less by now ({key}): hil stop, then hil resume goes on by it"
