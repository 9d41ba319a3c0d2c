"""Work that is done now and then: a small share of the time, however often it is asked for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

# Of one core, at a low priority: a run beside it does not feel that.
SHARE = 0.05


class Paced(Generic[T]):
    """A value that is made anew when somebody asks for it, but not too often. Any thread.

    Parameters
    ----------
    make
        Makes it. What it raises is raised to who asks, and it is tried again the next time.
    every_s
        Not more often than this.
    share
        Making takes at most this part of one core's time.
    monotonic, worked
        Clocks: of the day, and of the work that this thread has done. On a machine that others
        keep busy, work takes long without costing more.
    """

    def __init__(
        self,
        make: Callable[[], T],
        every_s: float,
        share: float = SHARE,
        monotonic: Callable[[], float] = time.monotonic,
        worked: Callable[[], float] = time.thread_time,
    ) -> None:
        self._make = make
        self._every_s = every_s
        self._share = share
        self._monotonic = monotonic
        self._worked = worked
        self._guard = threading.Lock()
        self._value: T | None = None
        self._next_s = -float("inf")

    def __call__(self) -> T:
        """Give the value, of now or of a moment ago."""
        with self._guard:
            if self._value is None or self._monotonic() >= self._next_s:
                began_s = self._worked()
                self._value = self._make()
                cost_s = self._worked() - began_s
                self._next_s = self._monotonic() + max(self._every_s, cost_s / self._share)
            return self._value

    def soon(self) -> None:
        """Make it anew the next time: somebody has just changed what it says."""
        self._next_s = -float("inf")
