"""The one way to hold a rig: nobody else drives it, a guardian watches, and work ends in a park.

`supervised_rig` takes lock and lease and opens the devices. Before anything moves comes
`SupervisedRig.in_use`, which parks at the end, or `SupervisedRig.watched` where the caller decides
when to park and what is written down around it, as sessions do.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from hil.clock import Clock
from hil.errors import HilError, Interrupted, RigHeld, StoreError
from hil.rig.plan import Plan
from hil.rig.rig import Rig
from hil.spec import RigFile, RigSpec
from hil.store import Database, Holder, database_exists, open_database
from hil.supervision.guardian import Guardian, Orders, warm_up
from hil.supervision.lease import hold, lease, place_of
from hil.supervision.recorded_park import Parked, Record, park_recorded
from hil.supervision.stop import StopSwitch, stop_on_signals

T = TypeVar("T")

# Device work that takes this much longer than its own timeouts allow counts as a hang.
_GRACE_S = 60.0
_RENEW_LEASE_S = 5.0
# Who is asked to stop waits no longer than this for devices that go on all the same.
_STOP_AFTER_S = 5.0
# The record of a park waits so long for a database that is away; so long once a stop is asked for.
_PATIENCE_S = 600.0
_STOPPED_S = 10.0


def _idle() -> None:
    """Watch nothing."""


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
    ) -> None:
        self.rig = rig
        self.database = database
        self.clock = clock
        self._url = url
        self._frames = frames
        self._session_id = session_id
        self._stack = stack
        self._stop = StopSwitch()

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
        with stop_on_signals(stop.press):
            guardian = self._guardian(_GRACE_S + command_s, session_id)
            watch = Watch(self, guardian, stop)
            self._stop, self.rig.watch = stop, watch.heartbeat
            try:
                guardian.wait_ready()
                yield watch
            finally:
                self.rig.watch = _idle
                guardian.farewell()

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
            threading.Thread(target=write, name="hil-event", daemon=True).start()

        return Guardian(orders, lambda: self.rig.thread.busy_s() < allowance_s, said)

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
        self, reason: str, *, after: BaseException | None = None, record: Record | None = None
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
        """
        return park_recorded(
            self.rig,
            record or self.event,
            {"reason": reason},
            after=after,
            watch=self.rig.watch,
            patience_s=lambda: _STOPPED_S if self._stop.reason else _PATIENCE_S,
        )


class Watch:
    """Runs work on the devices while signals are heard and the guardian is told of progress."""

    def __init__(self, held: SupervisedRig, guardian: Guardian, stop: StopSwitch) -> None:
        self._held = held
        self._guardian = guardian
        self._stop = stop
        self._stopped_s = math.inf
        self._renewed_s = held.clock.monotonic()
        self._taken: RigHeld | None = None

    def run(self, work: Callable[[], T]) -> T:
        """Run work on the device thread.

        Raises
        ------
        Interrupted
            A person asked for the end; the devices were told to stop at once.
        RigHeld
            Another process has taken the rig; the devices were told to stop here too.
        HilError
            What the work raised.
        """
        self._raise_if_stopped()
        try:
            result = self._held.rig.run(work, self.look)
        except HilError as error:
            if self._stop.reason:  # a halted device complains; that is no fault of its own
                raise self._why_stopped() from error
            raise
        self._raise_if_stopped()
        return result

    def _raise_if_stopped(self) -> None:
        self.heartbeat()
        if self._stop.reason:
            raise self._why_stopped()

    def _why_stopped(self) -> HilError:
        return self._taken or Interrupted(self._stop.reason)

    def heartbeat(self) -> None:
        """Show the guardian that this process lives; cheap, called as often as one likes."""
        self._guardian.heartbeat()

    @property
    def guarded(self) -> bool:
        """Whether a guardian would put the light out; between two of them nothing may be lit."""
        return self._guardian.guards

    def halt_if_stopped(self) -> None:
        """Once a stop is asked for: go dark, tell the devices, and wait a few seconds for them.

        Raises
        ------
        Interrupted, RigHeld
            They go on all the same; the work is abandoned.
        """
        if not self._stop.reason:
            return
        rig, now_s = self._held.rig, time.monotonic()
        self._stopped_s = min(self._stopped_s, now_s)
        rig.safety.darken()
        rig.safety.halt()
        if now_s - self._stopped_s > _STOP_AFTER_S:
            rig.abandon_work()
            raise self._why_stopped()

    def look(self) -> None:
        """Show that this process lives, and pass a stop on to the devices. Any work's watch."""
        self.heartbeat()
        self.halt_if_stopped()
        self._renew_lease()

    def _renew_lease(self) -> None:
        database, clock = self._held.database, self._held.clock
        if database is not None and clock.monotonic() - self._renewed_s > _RENEW_LEASE_S:
            self._renewed_s = clock.monotonic()
            name = self._held.rig.spec.name
            try:
                database.renew_lease(name, Holder.this_process(), clock.now())
            except StoreError:
                pass  # a database that is away is tried again
            except RigHeld as taken:
                self._taken = taken
                self._stop.press(str(taken))


@contextmanager
def supervised_rig(
    file: RigFile,
    url: str | None,
    frames: Path | None,
    clock: Clock,
    *,
    database: Database | None = None,
    session_id: str | None = None,
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

    Raises
    ------
    InputError, RigHeld, RigError
    """
    plan = Plan(file)
    warm_up()
    with ExitStack() as stack:
        if database is None and database_exists(url):
            database = stack.enter_context(open_database(url, frames=frames))
        place = place_of(url)
        stack.enter_context(hold(plan, database, session_id, "controller", clock, place=place))
        rig = Rig(plan)
        stack.callback(rig.close)
        yield SupervisedRig(rig, database, url, frames, clock, session_id, stack)


def moves_s(spec: RigSpec) -> float:
    """Tell how long the moves of one command may take, by the rig's own time-outs, seconds."""
    return 3 * sum(limit.timeout_s + limit.settle_ms / 1000 for limit in spec.limits.values())
