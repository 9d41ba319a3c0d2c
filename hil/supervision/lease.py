"""One controller process to a rig: the lease in the database, and a lock on the hardware itself.

The lease says who drives which rig, to everybody who uses the database. The lock catches two
processes on one computer that use different databases. It lives in the folder for temporary files
and vanishes with its process.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import filelock

from hil.clock import Clock
from hil.errors import RigHeld, StoreError
from hil.rig.plan import Plan

if TYPE_CHECKING:
    from hil.store import Database, Holder

Role = Literal["controller", "guardian"]
# A guardian parks within this time; who comes meanwhile waits for it.
_GUARDIAN_S = 30.0
_RELEASE_S = 5.0


@contextmanager
def hold(
    plan: Plan, database: Database | None, session_id: str | None, role: Role, clock: Clock
) -> Iterator[None]:
    """Hold a rig for the length of a ``with`` block.

    Parameters
    ----------
    plan
        The rig.
    database
        Where the lease is; None if there is no database yet.
    session_id
        The session that it is held for, if there is one yet.
    role
        A guardian gives way at once; a controller waits for a guardian that is parking.

    Raises
    ------
    RigHeld
        Naming who holds it, and since when.
    """
    with ExitStack() as stack:
        for resource in plan.resources():
            stack.enter_context(_locked(resource, role, clock))
        if database is not None:
            stack.enter_context(lease(plan.file.spec.name, database, session_id, role, clock))
        yield


@contextmanager
def lease(
    rig: str, database: Database, session_id: str | None, role: Role, clock: Clock
) -> Iterator[None]:
    """Hold the lease of a rig in a database; see `hold`."""
    from hil.store import Holder

    holder = Holder.this_process(role, session_id)
    deadline_s = clock.monotonic() + _GUARDIAN_S
    while True:
        try:
            database.acquire_lease(rig, holder, clock.now())
            break
        except RigHeld as held:
            patient = role == "controller" and "guardian" in str(held)
            if not patient or clock.monotonic() > deadline_s:
                raise
            time.sleep(0.1)
    try:
        yield
    finally:
        _release(database, rig, holder)


def _release(database: Database, rig: str, holder: Holder) -> None:
    """Give the lease back; a database that does not answer is not waited for long.

    The lease of a process that has ended holds nobody up.
    """

    def release() -> None:
        with suppress(StoreError):
            database.release_lease(rig, holder)

    thread = threading.Thread(target=release, name="hil-release", daemon=True)
    thread.start()
    thread.join(_RELEASE_S)


@contextmanager
def _locked(resource: str, role: Role, clock: Clock) -> Iterator[None]:
    name = hashlib.sha256(resource.encode()).hexdigest()[:24]
    folder = Path(tempfile.gettempdir()) / "hil-locks"
    folder.mkdir(exist_ok=True)
    lock = filelock.FileLock(folder / f"{name}.lock")
    note = folder / f"{name}.json"
    try:
        lock.acquire(timeout=_GUARDIAN_S if _guardian_holds(note) and role == "controller" else 0)
    except filelock.Timeout:
        raise RigHeld(f"{resource} is held by {_who(note)}") from None
    try:
        text = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "role": role,
            "since": clock.now().isoformat(timespec="seconds"),
        }
        note.write_text(json.dumps(text), encoding="utf-8")
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()


def _guardian_holds(note: Path) -> bool:
    return _read(note).get("role") == "guardian"


def _who(note: Path) -> str:
    said = _read(note)
    if not said:
        return "another process"
    return f"the {said['role']} with pid {said['pid']} on {said['host']} since {said['since']}"


def _read(note: Path) -> dict[str, str]:
    try:
        return dict(json.loads(note.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}
