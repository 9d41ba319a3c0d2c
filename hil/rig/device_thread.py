"""Threads that work while the main thread keeps watch; one of them touches all hardware."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from typing import TypeVar

T = TypeVar("T")

# Ctrl-C, stop requests and the heartbeat are looked at this often.
WATCH_S = 0.1


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
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._thread: threading.Thread | None = None
        self._began_s: float | None = None

    def run(self, work: Callable[[], T], watch: Callable[[], None] = _idle) -> T:
        """Run ``work`` on the thread; call ``watch`` at least every 0.1 s until it is done.

        Raises
        ------
        Exception
            What ``work`` raised. What ``watch`` raises leaves at once: the work then goes on alone.
        """
        if threading.current_thread() is self._thread:
            return work()
        future: Future[T] = self._pool.submit(self._on_thread, work)
        while True:
            try:
                return future.result(timeout=WATCH_S)
            except FutureTimeout:
                if future.done():  # the work itself raised a TimeoutError
                    return future.result()
                watch()

    def _on_thread(self, work: Callable[[], T]) -> T:
        self._thread = threading.current_thread()
        self._began_s = time.monotonic()
        try:
            return work()
        finally:
            self._began_s = None

    def busy_s(self) -> float:
        """Tell for how long the present work has been going on, seconds; 0 if there is none."""
        began_s = self._began_s
        return 0.0 if began_s is None else time.monotonic() - began_s

    def close(self, *, wait: bool = True) -> None:
        """End the thread after its present work."""
        self._pool.shutdown(wait=wait, cancel_futures=True)


class DeviceThread(WorkerThread):
    """The one thread on which all that touches a rig's hardware runs."""

    def __init__(self) -> None:
        super().__init__("hil-devices")
