"""Pictures that take time to compute, and a cancel that does not wait for them."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait

from drivers.types import Pixels

# Who computes longer than this is computed where a cancel need not wait for it.
_LONG_S = 0.1
# Name of the thread: who waits for a picture can see whether it gets on.
COMPUTING = "sim-exposing"
# How often a cancel is looked for meanwhile.
_LOOK_S = 0.02
# Processor time of the threads that have ended, seconds: nobody could ask them any more.
_ended_s = 0.0
_guard = threading.Lock()


def ended_s() -> float:
    """Tell the processor time that ended threads have computed pictures for, seconds."""
    return _ended_s


def _account() -> None:
    """Told before the picture is there: who waits for it may not run for long after."""
    global _ended_s
    with _guard:
        _ended_s += time.thread_time()


class Exposing:
    """Takes pictures one after the other.

    The first one makes the scene and imports what computes it, which takes seconds on a busy
    machine; others are as fast as they are. One that took long is followed by one on a thread.

    Parameters
    ----------
    expose
        Computes a picture of what lies before the camera now.
    """

    def __init__(self, expose: Callable[[], Pixels]) -> None:
        self._expose = expose
        self._took_s = math.inf
        self._under_way: Future[Pixels] | None = None

    def take(self, cancelled: threading.Event) -> Pixels | None:
        """Compute a picture; None if it was cancelled meanwhile.

        What was left is computed to its end before the next one begins: they share the noise.

        Raises
        ------
        BaseException
            What the computation raised.
        """
        if self._under_way is not None and not _is_done(self._under_way, cancelled):
            return None
        self._under_way = None
        if self._took_s <= _LONG_S:
            return self._timed()
        self._under_way = future = Future[Pixels]()
        # No daemon: a program that ends while a library is being imported would crash.
        threading.Thread(target=self._fill, args=(future,), name=COMPUTING).start()
        if not _is_done(future, cancelled):
            return None
        self._under_way = None
        return future.result()

    def _fill(self, future: Future[Pixels]) -> None:
        try:
            pixels = self._timed()
        except BaseException as error:
            _account()
            future.set_exception(error)
        else:
            _account()
            future.set_result(pixels)

    def _timed(self) -> Pixels:
        began_s = time.monotonic()
        pixels = self._expose()
        self._took_s = time.monotonic() - began_s
        return pixels


def _is_done(future: Future[Pixels], cancelled: threading.Event) -> bool:
    """Wait for it; whether it came before the cancel."""
    while not future.done():
        if cancelled.is_set():
            return False
        wait([future], _LOOK_S)
    return True
