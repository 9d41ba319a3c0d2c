"""Work at a rig that is watched: signals are heard, a guardian is told, and without one it is dark.

Commands and sessions alike run what they do with devices by `Watch.run`. While no guardian could
put the light out, the sample is dark; what was measured just then is measured again.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from drivers.types import Value
from hil.clock import Clock
from hil.errors import HilError, Interrupted, RigError, RigHeld, StoreError
from hil.rig.device_thread import WATCH_S, WorkerThread
from hil.rig.rig import Rig
from hil.supervision.guardian import Guardian
from hil.supervision.stop import Signals, StopSwitch

T = TypeVar("T")

# A sample is not lit for longer than this while something other than the rig is waited for.
DARK_AFTER_S = 5.0
_RENEW_LEASE_S = 5.0
_LISTEN_S = 0.5
# Who is asked to stop waits no longer than this for devices that go on all the same.
_STOP_AFTER_S = 5.0
# Without a guardian by then the work ends: nothing may be lit without one.
_UNGUARDED_S = 120.0
# A lamp that comes on by itself, or by somebody's hand, is put out again so often.
AGAIN_S = 10.0


def wait_for_guardian(
    guarded: Callable[[], bool], over: Callable[[], bool], look: Callable[[], None], clock: Clock
) -> None:
    """Wait, in the dark, for the guardian that takes the place of one that is gone.

    Parameters
    ----------
    guarded
        Whether one watches.
    over
        Whether to wait no longer.
    look
        Called every 0.1 s.
    clock
        Time.

    Raises
    ------
    HilError
        There is none in time.
    """
    began_s = clock.monotonic()
    while not (guarded() or over()):
        look()
        if clock.monotonic() - began_s > _UNGUARDED_S:
            raise HilError("no guardian process starts: nothing may be lit without it")
        time.sleep(WATCH_S)


class Watch:
    """Runs work on the devices while signals are heard and the guardian is told of progress.

    Parameters
    ----------
    rig
        The devices; held.
    guardian
        Puts the light out when this process dies.
    stop
        Pressed to end the work.
    renew_lease
        Says in the database that the rig is still held; None where there is none.
    clock
        Time.
    signals
        Heard again and again, should a device's library hear them instead.
    """

    def __init__(
        self,
        rig: Rig,
        guardian: Guardian,
        stop: StopSwitch,
        renew_lease: Callable[[], None] | None,
        clock: Clock,
        signals: Signals,
    ) -> None:
        self._signals = signals
        self._listened_s = time.monotonic()
        self._rig = rig
        self._guardian = guardian
        self._stop = stop
        self._renew = renew_lease
        self._clock = clock
        self._stopped_s = math.inf
        self._renewed_s = self._dark_s = clock.monotonic()
        self._taken: RigHeld | None = None
        self._dark = self._spoilt = False
        self._kept: Mapping[str, Value] = {}

    def keep(self, setup: Mapping[str, Value]) -> None:
        """Remember where the rig is, for work that finds it dark in between.

        Parameters
        ----------
        setup
            What has been applied, or is about to be; what else a park moves is kept as it reads.

        Raises
        ------
        SafetyError, RigError
            And as `run`.
        """
        safety = self._rig.safety

        def parked() -> Mapping[str, Value]:
            moved = {name: None for step in safety.park_steps for name in safety.targets(step)}
            return safety.read([n for n in moved if safety.settings[n].role != "preset"])

        self._kept = {**self.run(parked), **safety.targets(setup)}

    def run(self, work: Callable[[], T]) -> T:
        """Run work on the device thread.

        Where no guardian watches meanwhile, the sample is dark until one does, and the work is done
        again: it finds the rig as it was when it was told to `keep` that.

        Raises
        ------
        Interrupted
            A person asked for the end; the devices were told to stop at once.
        RigHeld
            Another process has taken the rig; the devices were told to stop here too.
        HilError
            What the work raised.
        """
        while True:
            self._raise_if_stopped()
            self._wait_for_guardian()
            self._spoilt = False
            try:
                result = self._rig.run(self._restored(work), self._look_at_work)
            except HilError as error:
                if self._stop.reason:  # a halted device complains; that is no fault of its own
                    raise self._why_stopped() from error
                if not self._spoilt:
                    raise
                continue
            self._raise_if_stopped()
            if not self._spoilt:
                return result

    def think(self, work: Callable[[], T], thread: WorkerThread) -> T:
        """Run work that needs no devices on a thread of its own; if it takes long, in the dark.

        Raises
        ------
        RigError
            The sample could not be made dark.
        Exception
            As `run`, and what the work raised.
        """
        began_s = self._clock.monotonic()

        def look() -> None:
            self.look()
            if not self.guarded or self._clock.monotonic() - began_s > DARK_AFTER_S:
                self._go_dark()

        result = thread.run(work, look)
        self._raise_if_stopped()
        return result

    def _restored(self, work: Callable[[], T]) -> Callable[[], T]:
        if not self._dark:
            return work
        self._dark = False

        def both() -> T:
            if self._kept:
                self._rig.safety.apply(self._kept)
            return work()

        return both

    def _look_at_work(self) -> None:
        self.look()
        # Should this process die now, nobody would put the light out: no frame is worth that.
        if not self.guarded:
            self._spoilt = self._dark = True
            self._rig.safety.darken()

    def _wait_for_guardian(self) -> None:
        """Wait in the dark while no guardian watches, and after work that was spoilt by that."""
        if self._spoilt or not self.guarded:
            self._spoilt, self._dark = False, False
            self._go_dark()

        def look() -> None:
            self.look()
            self._go_dark()

        wait_for_guardian(lambda: self.guarded, lambda: bool(self._stop.reason), look, self._clock)
        self._raise_if_stopped()

    def _go_dark(self) -> None:
        now_s = self._clock.monotonic()
        if self._dark:
            if now_s - self._dark_s > AGAIN_S:
                self._dark_s = now_s
                self._rig.safety.darken()
            return
        self._dark, self._dark_s = True, now_s
        if problems := self._rig.park():
            listed = "; ".join(f"{p.setting}: {p.message}" for p in problems)
            raise RigError(f"not dark while something was waited for: {listed}")

    def _raise_if_stopped(self) -> None:
        self.heartbeat()
        if self._stop.reason:
            raise self._why_stopped()

    def _why_stopped(self) -> HilError:
        return self._taken or Interrupted(self._stop.reason)

    def heartbeat(self) -> None:
        """Show the guardian that this process lives; cheap, called as often as one likes."""
        self._guardian.heartbeat()
        now_s = time.monotonic()
        if now_s - self._listened_s > _LISTEN_S:
            self._listened_s = now_s
            self._signals.listen_again()

    def beat_or_darken(self) -> None:
        """Show the guardian that this process lives, or go dark where there is none to see it."""
        self.heartbeat()
        if not self.guarded:
            self._rig.safety.darken()

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
        rig, now_s = self._rig, time.monotonic()
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
        if self._renew is None or self._clock.monotonic() - self._renewed_s <= _RENEW_LEASE_S:
            return
        self._renewed_s = self._clock.monotonic()
        try:
            self._renew()
        except StoreError:
            pass  # a database that is away is tried again
        except RigHeld as taken:
            self._taken = taken
            self._stop.press(str(taken))
