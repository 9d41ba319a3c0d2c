"""A park and the events around it: written ahead, and afterwards the steps that failed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

from hil.errors import NotParked, StoreError
from hil.rig.device_thread import WATCH_S
from hil.rig.parking import ParkProblem
from hil.rig.rig import Rig

# The event comes first where the database answers at once; the lamp does not wait for it longer.
_AHEAD_S = 1.0
_PATIENCE_S = 600.0
# Who has waited for the database before does not wait for it long again.
_BRIEFLY_S = 5.0

_log = logging.getLogger(__name__)

# Writes an event: its kind, and what it says.
Record = Callable[[str, Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Parked:
    """How a park went.

    Parameters
    ----------
    problems
        The steps that failed; the others were taken.
    lost
        Why it does not stand in the database; None if it does, or if there is none.
    passed
        Limits that no order of the steps keeps; the steps were taken.
    """

    problems: Sequence[ParkProblem]
    lost: StoreError | None = None
    passed: Sequence[str] = ()

    def raise_problems(self, after: BaseException | None = None) -> None:
        """Raise if a step failed.

        Parameters
        ----------
        after
            The error that the rig was parked for: light that stays on is the worse news.

        Raises
        ------
        NotParked
            Naming each setting, and what it reads.
        """
        if self.problems:
            raise NotParked({p.setting: p.message for p in self.problems}, after) from after


def park_recorded(
    rig: Rig,
    record: Record,
    detail: Mapping[str, Any],
    *,
    kind: str = "park",
    after: BaseException | None = None,
    watch: Callable[[], None] = lambda: None,
    patience_s: Callable[[], float] = lambda: _PATIENCE_S,
) -> Parked:
    """Write down that a rig is about to be parked, park it, and write down which steps failed.

    A database that is away does not keep the light on.

    Parameters
    ----------
    rig
        The rig; held.
    record
        Writes an event.
    detail
        What the first event says.
    kind
        Of the first event.
    after
        The error that it is parked for; after one of the database the lamp comes before the record.
    watch
        Called every 0.1 s while the devices are on their way, or the database is waited for.
    patience_s
        How long the database is waited for once the rig is parked, seconds.
    """
    writing = _Writing(record)
    lost = after if isinstance(after, StoreError) else None
    if lost is None:
        writing.add(kind, detail)
        writing.wait(watch, lambda: _AHEAD_S)
    problems = rig.park(watch)
    if lost is not None:  # of the frames' disk it may have been, and the database is well
        writing.add(kind, detail)
    for hang in rig.hangs:
        said = {"device": hang.device, "call": hang.action, "waited_s": hang.waited_s}
        writing.add("device_hangs", said)
    if problems:
        writing.add("park_failed", {problem.setting: problem.message for problem in problems})
    passed = rig.safety.limits_passed()
    if passed:
        writing.add("limits_passed", {"park": list(passed)})
    writing.end()
    brief = lost is not None
    if writing.wait(watch, lambda: min(_BRIEFLY_S, patience_s()) if brief else patience_s()):
        lost = writing.lost
    else:
        lost = lost or StoreError("the database did not answer, so the park does not stand there")
    return Parked(problems, lost, passed)


def park_after_all(rig: Rig, park: Callable[..., Parked], error: BaseException) -> bool:
    """Park a rig whose park an error of ours has cut off, or kept from beginning.

    Memory ran out, say; whatever it was, it may have passed.

    Parameters
    ----------
    rig, park
        The rig, and what parks it and writes that down.
    error
        The error.

    Returns
    -------
    bool
        Whether it has been parked.

    Raises
    ------
    NotParked
        It was tried; a device is not known to be safe.
    """
    steps: tuple[Callable[[], Sequence[ParkProblem]], ...] = (
        lambda: park(f"after all: {type(error).__name__}", after=error).problems,
        rig.park,
    )
    for step in steps:
        try:
            problems = step()
        except Exception as again:
            _log.warning("rig %r: the park fails: %r", rig.spec.name, again)
            continue
        Parked(problems).raise_problems(error)
        return True
    with suppress(Exception):
        rig.safety.darken()
    return False


class _Writing:
    """Writes events in their order, on a thread that nobody has to wait for."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._events: SimpleQueue[tuple[str, Mapping[str, Any]] | None] = SimpleQueue()
        self._left = 0
        self._guard = threading.Lock()
        self.lost: StoreError | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="hil-park-record", daemon=True)
        self._ended = self._alone = False
        try:
            self._thread.start()
        except RuntimeError:  # the system grants no thread: the light first, then what is written
            self._alone = True

    def add(self, kind: str, detail: Mapping[str, Any]) -> None:
        with self._guard:
            self._left += 1
        self._events.put((kind, detail))

    def end(self) -> None:
        self._ended = True
        self._events.put(None)

    def wait(self, watch: Callable[[], None], patience_s: Callable[[], float]) -> bool:
        """Wait until all is written; whether it was. Raises what is no StoreError."""
        if self._alone and self._ended:
            self._work()
        began_s = time.monotonic()
        while not self._alone and self._left and self._error is None:
            if time.monotonic() - began_s > patience_s():
                return False
            self._thread.join(0.005 if time.monotonic() - began_s < 0.1 else WATCH_S)
            watch()
        if self._error is not None:
            raise self._error
        return True

    def _work(self) -> None:
        while (event := self._events.get()) is not None:
            try:
                self._record(*event)
            except StoreError as error:
                self.lost = error
            except BaseException as error:  # raised where somebody listens
                self._error = error
            with self._guard:
                self._left -= 1
