"""The one way to hold a rig: nobody else drives it, a guardian watches, and work ends in a park.

`supervised_rig` takes locks and lease, has what a dead predecessor left lit go dark, and opens the
devices. Before anything moves comes `SupervisedRig.in_use`, which parks at the end, or
`SupervisedRig.watched` where the caller decides when to park and what is written down around it, as
sessions do.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from hil.clock import Clock
from hil.errors import HilError
from hil.locks.kept_open import KEPT_OPEN, end_at_once
from hil.rig.rig import Rig
from hil.spec import RigFile, RigSpec
from hil.store import Database, Holder, database_exists, open_database
from hil.supervision.approach import Approach, approached
from hil.supervision.guardian import Guardian, Orders
from hil.supervision.lease import lease
from hil.supervision.recorded_park import Parked, Record, park_after_all, park_recorded
from hil.supervision.stop import Signals, StopSwitch
from hil.supervision.watch import Watch

# Device work that takes this much longer than its own timeouts allow counts as a hang.
_GRACE_S = 60.0
# The record of a park waits so long for a database that is away; so long once a stop is asked for.
_PATIENCE_S = 600.0
_STOPPED_S = 10.0


def _idle() -> None:
    """Watch nothing."""


_log = logging.getLogger(__name__)


class SupervisedRig:
    """An open rig that no other process drives. Nothing of ours has moved yet.

    Parameters
    ----------
    rig
        The devices.
    database
        The one that exists; None where there is none yet.
    url, frames
        Where it is, as a person said.
    clock
        Time.
    session_id
        The session that events belong to; None for none.
    stack
        What ends with the hold.
    signals
        Heard while things move, and to the end of the hold.
    last
        What is done after it.
    approach
        How this process came to it; has the guardian until things move.
    """

    def __init__(
        self,
        rig: Rig,
        database: Database | None,
        url: str | None,
        frames: Path | None,
        clock: Clock,
        session_id: str | None,
        stack: ExitStack,
        signals: Signals,
        last: ExitStack,
        approach: Approach,
    ) -> None:
        self.rig = rig
        self.database = database
        self.clock = clock
        self._url = url
        self._frames = frames
        self._session_id = session_id
        self._stack = stack
        self._signals = signals
        self._last = last
        self._approach = approach
        self._stop = StopSwitch()
        self._parked = self._used = False

    def make_database(self) -> Database:
        """Open the database, made where there is none, and take the rig's lease in it.

        Raises
        ------
        InputError, RigHeld
        """
        if self.database is None:
            self.database = open_database(self._url, frames=self._frames, create=True)
            self._stack.callback(self.database.close)
            self._stack.enter_context(
                lease(self.rig.spec.name, self.database, None, "controller", self.clock)
            )
        return self.database

    @contextmanager
    def in_use(
        self,
        purpose: str,
        detail: Mapping[str, Any],
        stop: StopSwitch,
        command_s: float,
        *,
        stays: bool = False,
    ) -> Iterator[Watch]:
        """Let things move: signals are heard, a guardian watches, and the end is a park.

        Parameters
        ----------
        purpose
            Kind of the event that is written ahead, ``"calibrate"`` say.
        detail
            What it says.
        stop
            Pressed to end.
        command_s
            The longest that one command to the devices may take.
        stays
            Whether the rig stays as it is when all went well; after an error it is parked.

        Raises
        ------
        NotParked
            A step of the park failed; also where that is not all that failed.
        """
        with self.watched(stop, command_s) as watch:
            self.event(purpose, detail)
            try:
                yield watch
            except BaseException as error:
                self.park(f"{purpose}: {error}", after=error).raise_problems(error)
                raise
            if stays:
                return
            parked = self.park(purpose)
            parked.raise_problems()
            if parked.lost is not None:
                raise parked.lost

    @contextmanager
    def watched(
        self, stop: StopSwitch, command_s: float, session_id: str | None = None
    ) -> Iterator[Watch]:
        """Hear signals and have a guardian beside; who uses this parks by itself.

        Parameters
        ----------
        stop
            Pressed by signals, or by somebody.
        command_s
            The longest that one command to the devices may take.
        session_id
            The session that is STALE once this process is dead; None where none is running.
        """
        self._parked, self._used = False, True
        with self._signals.pressing(stop.press):
            guardian = self._guardian(_GRACE_S + command_s, session_id)
            watch = Watch(self.rig, guardian, stop, self._renew_lease, self.clock, self._signals)
            self._stop, self.rig.watch = stop, watch.beat_or_darken
            parked = True
            try:
                guardian.wait_ready()
                try:
                    yield watch
                except BaseException as error:
                    parked = self._parked or park_after_all(self.rig, self.park, error)
                    raise
            finally:
                self.rig.watch = _idle
                if parked:
                    guardian.farewell()
                else:  # once it can have the devices
                    self._last.callback(guardian.leave_to_it)

    def dark_if_unused(self, error: BaseException) -> None:
        """Put out what lit itself at its opening, where an error comes before anything moved.

        Raises
        ------
        NotParked
            A lamp is not known to be dark.
        """
        if not self._used:
            self.rig.dark_after(error)

    def park_left_behind(self) -> None:
        """Park a rig whose last holder was killed together with its guardian.

        Raises
        ------
        NotParked
            A device is not known to be safe.
        """
        why = "who held the rig was killed, and no guardian has parked it"
        _log.warning("rig %r: %s: parked now", self.rig.spec.name, why)
        self.park(why, kind="left_behind").raise_problems()

    def _guardian(self, allowance_s: float, session_id: str | None) -> Guardian:
        frames = "" if self.database is None else str(self.database.frames_folder)
        orders = Orders(
            rig_path=str(self.rig.file.path.absolute()),
            rig_text=self.rig.file.text,
            database=self._url,
            frames=frames,
            session_id=session_id,
            pid=os.getpid(),
        )

        def said(kind: str, detail: Mapping[str, str]) -> None:
            # Nobody waits for the database with this.
            write = partial(self._event_of, session_id, kind, detail)
            with suppress(RuntimeError):  # no thread is to be had: an event less
                threading.Thread(target=write, name="hil-event", daemon=True).start()

        def progressing() -> bool:
            return self.rig.thread.busy_s() < allowance_s

        return Guardian(orders, progressing, said, self._approach.hand_over())

    def _renew_lease(self) -> None:
        if self.database is not None:
            name, holder = self.rig.spec.name, Holder.this_process()
            self.database.renew_lease(name, holder, self.clock.now())

    def _event_of(self, session_id: str | None, kind: str, detail: Mapping[str, str]) -> None:
        with suppress(HilError):
            if self.database is not None:
                known = {} if session_id else {"rig": self.rig.spec.name}
                self.database.event(session_id, kind, self.clock.now(), {**known, **detail})

    def event(self, kind: str, detail: Mapping[str, Any]) -> None:
        """Write down what happens to the rig, where there is a database.

        Raises
        ------
        StoreError
        """
        if self.database is None:
            return
        # An event of a session needs no name of the rig: the session has it.
        known = {} if self._session_id else {"rig": self.rig.spec.name}
        self.database.event(self._session_id, kind, self.clock.now(), {**known, **detail})

    def park(
        self,
        reason: str,
        *,
        after: BaseException | None = None,
        record: Record | None = None,
        kind: str = "park",
    ) -> Parked:
        """Park, and write it down ahead; a database that is away does not keep the light on.

        Parameters
        ----------
        reason
            Stands in the event.
        after
            The error that it is parked for.
        record
            Writes events instead of `event`.
        kind
            Of the event.
        """
        parked = park_recorded(
            self.rig,
            record or self.event,
            {"reason": reason},
            kind=kind,
            after=after,
            watch=self.rig.watch,
            patience_s=lambda: _STOPPED_S if self._stop.reason else _PATIENCE_S,
        )
        self._parked = True
        return parked


@contextmanager
def supervised_rig(
    file: RigFile,
    url: str | None,
    frames: Path | None,
    clock: Clock,
    *,
    database: Database | None = None,
    session_id: str | None = None,
    approach: Approach | None = None,
    dark_after_s: float | None = None,
) -> Iterator[SupervisedRig]:
    """Open a rig that nobody else drives, for the length of a ``with`` block.

    Parameters
    ----------
    file
        The rig file.
    url, frames
        The database, where the lease and what happens are written down if it exists.
    clock
        Time.
    database
        The same, where the caller has it open already and closes it.
    session_id
        The session that it is held for, if there is one yet.
    approach
        The same rig, where the caller has come to it already.
    dark_after_s
        The rig is parked, whoever left it lit, where the database has not answered by then, or
        fails; None where nothing can be lit that nobody watches.

    Raises
    ------
    InputError, RigHeld, RigError
    """
    with ExitStack() as stack:
        signals = stack.enter_context(Signals())
        last = stack.enter_context(ExitStack())
        if approach is None:
            approach = stack.enter_context(approached(file, url, clock))
        left = False
        with approach.dark_unless_answered(dark_after_s) as answered:
            if database is None and database_exists(url):
                database = stack.enter_context(open_database(url, frames=frames))
            if database is not None:
                its = lease(file.spec.name, database, session_id, "controller", clock, answered)
                left = stack.enter_context(its)
        if left and not approach.left_behind:
            approach.make_dark()
            approach.left_behind = True
        stack.enter_context(KEPT_OPEN.or_else(end_at_once))
        rig = Rig(approach.plan)
        stack.callback(rig.close)
        held = SupervisedRig(
            rig, database, url, frames, clock, session_id, stack, signals, last, approach
        )
        if approach.left_behind:
            held.park_left_behind()
        try:
            yield held
        except BaseException as error:
            held.dark_if_unused(error)
            raise


def moves_s(spec: RigSpec) -> float:
    """Tell how long the moves of one command may take, by the rig's own time-outs, seconds."""
    return 3 * sum(limit.timeout_s + limit.settle_ms / 1000 for limit in spec.limits.values())
