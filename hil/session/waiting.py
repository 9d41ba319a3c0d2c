"""Waiting for anything but the devices: watched all the time, and before long in the dark.

A database that is locked or frozen, a disk that stalls, a sampler or an estimate that takes
minutes: each runs on a thread of its own, while the main thread shows the guardian that it lives,
hears a stop, and parks the rig when the sample has been lit for nothing for five seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from hil.clock import Clock
from hil.errors import StoreError
from hil.rig.capture import Capture
from hil.rig.device_thread import WorkerThread
from hil.rig.rig import Rig
from hil.session.control.pausing import Pausing
from hil.supervision.stop import StopSwitch
from hil.supervision.watch import AGAIN_S, DARK_AFTER_S

T = TypeVar("T")

# Who is asked to stop waits no longer than this for what does not answer.
STOP_AFTER_S = 10.0


class Waiting:
    """Runs work beside the main thread.

    Parameters
    ----------
    rig, capture
        Parked by `Capture.rest`, from which the next trial or field sets up again.
    stop
        Once pressed the sample is dark at once, and work that does not answer is given up.
    look
        Called every 0.1 s.
    give_up
        Told once, when the wait for the database is given up.
    clock
        Time.
    pausing
        Once a pause is asked for the sample is dark at once.
    """

    def __init__(
        self,
        rig: Rig,
        capture: Capture,
        stop: StopSwitch,
        look: Callable[[], None],
        give_up: Callable[[], None],
        clock: Clock,
        pausing: Pausing,
    ) -> None:
        self._rig = rig
        self._capture = capture
        self._stop = stop
        self._look = look
        self._give_up = give_up
        self._clock = clock
        self._pausing = pausing
        self._records = WorkerThread("hil-records")
        self._since_s = clock.monotonic()
        self._dark = False
        self._dark_s = clock.monotonic()
        self._lost = ""

    def worked(self) -> None:
        """Note that the sample has just been lit for a measurement."""
        self._since_s = self._clock.monotonic()
        self._dark = False

    def parked(self) -> None:
        """Note that the rig has been parked, so that there is nothing more to make dark."""
        self._dark = True

    def run(self, work: Callable[[], T], thread: WorkerThread | None = None) -> T:
        """Run work on a thread, that of the records or the one given, and keep watch meanwhile.

        Raises
        ------
        StoreError
            It did not answer, and a stop was asked for.
        RigError
            The sample could not be made dark.
        Exception
            What the work raised.
        """
        if self._lost and thread is None:
            raise StoreError(self._lost)
        began_s = self._clock.monotonic()
        stopped_s: list[float] = []

        def watch() -> None:
            self._look()
            now_s = self._clock.monotonic()
            if self._stop.reason and not stopped_s:
                stopped_s.append(now_s)
            paused = self._pausing.wanted
            if stopped_s or paused or now_s - self._since_s > DARK_AFTER_S:
                self._go_dark()
            if paused:
                self._pausing.is_dark()
            if stopped_s and now_s - max(stopped_s[0], began_s) > STOP_AFTER_S:
                self._leave(thread, now_s - began_s)

        return (thread or self._records).run(work, watch)

    def close(self) -> None:
        """End the thread of the records."""
        self._records.close(wait=False)

    def _go_dark(self) -> None:
        now_s = self._clock.monotonic()
        if not self._dark:
            self._dark, self._dark_s = True, now_s
            self._rig.run(self._capture.rest)
        elif now_s - self._dark_s > AGAIN_S:
            self._dark_s = now_s
            self._rig.safety.darken()

    def _leave(self, thread: WorkerThread | None, waited_s: float) -> None:
        (thread or self._records).abandon()
        message = f"no answer for {waited_s:.0f} s, and a stop was asked for: {self._stop.reason}"
        if thread is None:
            self._lost = f"the database or the frame files gave {message}"
            self._give_up()
            raise StoreError(self._lost)
        raise StoreError(f"the estimate gave {message}")
