"""Threads that work while the main thread keeps watch; one of them commands all hardware.

All are daemons: a device or a database that never answers does not keep the program from its end.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from queue import SimpleQueue
from typing import TypeVar

T = TypeVar("T")

# Ctrl-C, stop requests and the heartbeat are looked at this often.
WATCH_S = 0.1
# Names of threads that nobody waits for any longer begin so.
ABANDONED = "hil-abandoned"


def abandoned() -> frozenset[threading.Thread]:
    """List the threads that hang and that nobody waits for: they can hold up a program's end."""
    threads = threading.enumerate()
    return frozenset(thread for thread in threads if thread.name.startswith(ABANDONED))


def is_abandoned() -> bool:
    """Whether nobody waits any longer for the thread that asks."""
    return threading.current_thread().name.startswith(ABANDONED)


def start_or_run(thread: threading.Thread) -> None:
    """Start a thread; where the system grants none, do its work here: it takes longer, that is all.

    For what must be done whatever happens: to put out a light, to stop a device.
    """
    try:
        thread.start()
    except RuntimeError:
        thread.run()


def join(thread: threading.Thread, timeout_s: float | None = None) -> None:
    """Wait for a thread that `start_or_run` may have started."""
    if thread.ident is not None:
        thread.join(timeout_s)


_here = threading.local()


def progressed() -> None:
    """Note that the work of the asking thread has come a step further: it is not stuck."""
    worker: WorkerThread | None = getattr(_here, "worker", None)
    if worker is not None:
        worker.begin_step()


def _idle() -> None:
    """Watch nothing."""


class WorkerThread:
    """Runs work on one thread while the caller's thread keeps watch.

    Parameters
    ----------
    name
        Of the thread, for debuggers.
    """

    def __init__(self, name: str) -> None:
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._began_s: float | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._follow, name=name, daemon=True)
        self._thread.start()

    def run(self, work: Callable[[], T], watch: Callable[[], None] = _idle) -> T:
        """Run ``work`` on the thread; call ``watch`` at least every 0.1 s until it is done.

        Raises
        ------
        Exception
            What ``work`` raised. What ``watch`` raises leaves at once: the work then goes on alone.
        """
        if threading.current_thread() is self._thread:
            return work()
        future = self.start(work)
        while True:
            try:
                return future.result(timeout=WATCH_S)
            except FutureTimeout:
                if future.done():  # the work itself raised a TimeoutError
                    return future.result()
                watch()

    def start(self, work: Callable[[], T]) -> Future[T]:
        """Run ``work`` on the thread after what it has to do already, and wait for nothing."""
        if self._closed:
            raise RuntimeError(f"{self._thread.name} has been closed")
        future: Future[T] = Future()
        self._work.put(lambda: self._do(work, future))
        return future

    def _follow(self) -> None:
        while (work := self._work.get()) is not None:
            work()

    def _do(self, work: Callable[[], T], future: Future[T]) -> None:
        _here.worker = self
        self._began_s = time.monotonic()
        try:
            result = work()
        except BaseException as error:
            self._began_s = None
            future.set_exception(error)
        else:
            self._began_s = None
            future.set_result(result)

    def begin_step(self) -> None:
        """Count the time of the present work from now on."""
        self._began_s = time.monotonic()

    def busy_s(self) -> float:
        """Tell for how long the present step of work goes on, seconds; 0 if there is none."""
        began_s = self._began_s
        return 0.0 if began_s is None else time.monotonic() - began_s

    def abandon(self) -> None:
        """Wait for the present work no longer, and take no other."""
        self._closed = True
        self._thread.name = f"{ABANDONED} {self._thread.name}"
        self._work.put(None)

    def close(self, *, wait: bool = True) -> None:
        """End the thread after its present work."""
        self._closed = True
        self._work.put(None)
        if wait and threading.current_thread() is not self._thread:
            self._thread.join()


class DeviceThread(WorkerThread):
    """The one thread on which everything is decided that a rig's hardware is told.

    The calls themselves run on a thread of each driver; see `hil.rig.calls.driver_calls`.
    """

    def __init__(self) -> None:
        super().__init__("hil-devices")
