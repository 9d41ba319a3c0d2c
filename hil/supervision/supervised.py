"""A rig in use outside a session: held by this process, watched over, parked on every exit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from hil.clock import Clock
from hil.errors import HilError, Interrupted, StoreError
from hil.rig.plan import Plan
from hil.rig.rig import Rig
from hil.spec import RigFile
from hil.store import Database, Holder, database_exists, open_database
from hil.supervision.guardian import Guardian, Orders
from hil.supervision.lease import hold, lease
from hil.supervision.stop import StopSwitch, stop_on_signals

T = TypeVar("T")

# Device work that takes this much longer than its own timeouts allow counts as a hang.
_GRACE_S = 60.0
_RENEW_LEASE_S = 10.0


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
    """

    def __init__(
        self,
        rig: Rig,
        database: Database | None,
        url: str | None,
        frames: Path | None,
        clock: Clock,
        stack: ExitStack,
    ) -> None:
        self.rig = rig
        self.database = database
        self.clock = clock
        self._url = url
        self._frames = frames
        self._stack = stack

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
        self, purpose: str, detail: Mapping[str, Any], stop: StopSwitch, command_s: float
    ) -> Iterator[Watch]:
        """Let things move: signals are heard, a guardian watches, and the end is always a park.

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

        Raises
        ------
        HilError
            A step of the park failed, where nothing else did.
        """
        with stop_on_signals(stop.press):
            guardian = self._guardian(_GRACE_S + command_s)
            try:
                self._event(purpose, detail)
                try:
                    yield Watch(self, guardian, stop)
                except BaseException as error:
                    self._park(f"{purpose}: {error}")
                    raise
                self._park(purpose, strict=True)
            finally:
                guardian.farewell()

    def _guardian(self, allowance_s: float) -> Guardian:
        import psutil

        process = psutil.Process()
        frames = "" if self.database is None else str(self.database.frames_folder)
        orders = Orders(
            rig_path=str(self.rig.file.path),
            rig_text=self.rig.file.text,
            database=self._url,
            frames=frames,
            session_id=None,
            pid=process.pid,
            created=process.create_time(),
        )
        return Guardian(orders, lambda: self.rig.thread.busy_s() < allowance_s)

    def _event(self, kind: str, detail: Mapping[str, Any]) -> None:
        if self.database is not None:
            known = {"rig": self.rig.spec.name, **detail}
            self.database.event(None, kind, self.clock.now(), known)

    def _park(self, reason: str, *, strict: bool = False) -> None:
        """Write down and park; a database that is away does not keep the light on."""
        lost: StoreError | None = None
        try:
            self._event("park", {"reason": reason})
        except StoreError as error:
            lost = error
        problems = self.rig.park()
        said = {problem.setting: problem.message for problem in problems}
        if problems and lost is None:
            self._event("park_failed", said)
        if problems and strict:
            listed = "; ".join(f"{name}: {message}" for name, message in said.items())
            raise HilError(f"the rig could not be parked: {listed}")
        if lost is not None and strict:
            raise lost


class Watch:
    """Runs work on the devices while signals are heard and the guardian is told of progress."""

    def __init__(self, held: SupervisedRig, guardian: Guardian, stop: StopSwitch) -> None:
        self._held = held
        self._guardian = guardian
        self._stop = stop
        self._renewed_s = held.clock.monotonic()

    def run(self, work: Callable[[], T]) -> T:
        """Run work on the device thread.

        Raises
        ------
        Interrupted
            A person asked for the end; the devices were told to stop at once.
        HilError
            What the work raised.
        """
        self._raise_if_stopped()
        try:
            result = self._held.rig.run(work, self.look)
        except HilError as error:
            if self._stop.reason:  # a halted device complains; that is no fault of its own
                raise Interrupted(self._stop.reason) from error
            raise
        self._raise_if_stopped()
        return result

    def _raise_if_stopped(self) -> None:
        self._guardian.heartbeat()
        if self._stop.reason:
            raise Interrupted(self._stop.reason)

    def look(self) -> None:
        """Show that this process lives, and pass a stop on to the devices. Any work's watch."""
        self._guardian.heartbeat()
        if self._stop.reason:
            self._held.rig.safety.halt()
        database, clock = self._held.database, self._held.clock
        if database is not None and clock.monotonic() - self._renewed_s > _RENEW_LEASE_S:
            self._renewed_s = clock.monotonic()
            name = self._held.rig.spec.name
            with suppress(StoreError):  # a database that is away is tried again
                database.renew_lease(name, Holder.this_process(), clock.now())


@contextmanager
def held_rig(
    file: RigFile, url: str | None, frames: Path | None, clock: Clock
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

    Raises
    ------
    InputError, RigHeld, RigError
    """
    plan = Plan(file)
    with ExitStack() as stack:
        database: Database | None = None
        if database_exists(url):
            database = stack.enter_context(open_database(url, frames=frames))
        stack.enter_context(hold(plan, database, None, "controller", clock))
        rig = Rig(plan)
        stack.callback(rig.close)
        yield SupervisedRig(rig, database, url, frames, clock, stack)
