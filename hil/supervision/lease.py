"""One controller process to a rig: the lease in the database, and a lock on the hardware itself.

The lease says who drives which rig, to everybody who uses the database. Locks of this computer
catch two processes that use different databases, where drivers name their hardware, and two that
come to a database before it is there.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from hil.clock import Clock
from hil.errors import InputError, RigHeld, StoreError
from hil.locks import lock
from hil.locks.lock import GUARDIAN_S, Role, locked
from hil.locks.progress import SILENT_S
from hil.rig.plan import Plan
from hil.spec import RigFile, RigSpec
from hil.spec.load import parse

if TYPE_CHECKING:
    from hil.store import Database, Holder

_log = logging.getLogger(__name__)

_RELEASE_S = 5.0
# A holder that this machine knows nothing of is looked at so often.
_LOOK_S = 0.5
# By then it is known whether it lives, unless the database is away again and again.
_GIVE_UP_S = 3 * SILENT_S


@contextmanager
def hold(
    plan: Plan, role: Role, clock: Clock, *, place: str = "", passing: bool = False
) -> Iterator[bool]:
    """Hold a rig's locks on this computer for the length of a ``with`` block.

    Parameters
    ----------
    plan
        The rig.
    role
        A guardian gives way at once; a controller waits for a guardian that is parking.
    clock
        Time.
    place
        Where the database is or is going to be: on this computer one process at a time holds a rig
        in it, also while there is no database, and whether or not its drivers name their hardware.
    passing
        Whoever comes next is to know of a holder that was killed as well.

    Yields
    ------
    bool
        Whether who held it before was killed, and nobody has parked it since.

    Raises
    ------
    RigHeld
        Naming who holds it, and since when.
    InputError
        There is no safe place for locks.
    """
    with ExitStack() as stack:
        left = [  # each of them, whatever the first says
            stack.enter_context(
                locked(what, role, clock.now, of=of, described=said, passing=passing)
            )
            for what, of, said in _what_is_locked(plan, place)
        ]
        yield any(left)


def is_left_behind(plan: Plan, place: str) -> bool:
    """Whether who held a rig last on this computer was killed, and nobody has parked it since.

    Raises
    ------
    InputError
        There is no safe place for locks.
    """
    return any(lock.is_left_behind(what, of=of) for what, of, _ in _what_is_locked(plan, place))


def rigs_left_behind(place: str) -> Iterator[RigFile]:
    """Give the rigs whose last holder on this computer was killed, as it drove them.

    Parameters
    ----------
    place
        Where their database is, as for `hold`.

    Raises
    ------
    InputError
        There is no safe place for locks.
    """
    for text in lock.left_behind():
        try:
            said = json.loads(text)
            path = Path(said["path"])
            if said["place"] == place:
                yield RigFile(parse(RigSpec, said["text"], path), said["text"], path)
        except (ValueError, LookupError, TypeError, RecursionError, InputError) as error:
            _log.warning("a rig that was left behind is not known any more: %s", error)


def _what_is_locked(plan: Plan, place: str) -> list[tuple[str, str, str]]:
    """Name each lock, what tells it from others of its name, and what is kept beside it."""
    file = plan.file
    kept = json.dumps({"place": place, "path": str(file.path.absolute()), "text": file.text})
    rig = [(f"rig {file.spec.name!r}", place, kept)] if place else []
    return [*rig, *((resource, "", "") for resource in plan.resources())]


@contextmanager
def lease(
    rig: str,
    database: Database,
    session_id: str | None,
    role: Role,
    clock: Clock,
    answered: Callable[[], None] = lambda: None,
) -> Iterator[bool]:
    """Hold the lease of a rig in a database for the length of a ``with`` block.

    Parameters
    ----------
    rig
        Its name.
    database
        Where the lease is.
    session_id
        The session that it is held for, if there is one yet.
    role, clock
        As for `hold`.
    answered
        Called when the database has said who has the rig, if anybody has.

    Yields
    ------
    bool
        Whether it was held by a process that has died.

    Raises
    ------
    RigHeld
        Naming who holds it, and since when.
    StoreError
        The database is locked or away.
    """
    from hil.store import Holder

    holder = Holder.this_process(role, session_id)
    began_s = time.monotonic()
    said = False
    while True:
        try:
            now_s = clock.monotonic()
            left = database.acquire_lease(rig, holder, clock.now(), now_s=now_s)
            answered()
            break
        except RigHeld as held:
            answered()
            waited_s = time.monotonic() - began_s
            if held.certain:
                patient = role == "controller" and "guardian" in str(held)
                if not patient or waited_s > GUARDIAN_S:
                    raise
                time.sleep(0.1)
                continue
            if waited_s > _GIVE_UP_S or role == "guardian":
                raise
            if not said:
                said = True
                _log.warning("%s; whether it lives shows within %.0f s", held, SILENT_S)
            time.sleep(_LOOK_S)
    try:
        yield left
    finally:
        _release(database, rig, holder)


def place_of(url: str | None) -> str:
    """Name where a database is or is going to be, for `hold`.

    Raises
    ------
    InputError
        The URL is wrong.
    """
    from hil.store.location import locate

    location = locate(url, None)
    return location.shown if location.file is None else str(location.file.resolve())


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
