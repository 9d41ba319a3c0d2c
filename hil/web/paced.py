"""Work that is done now and then: a small share of the time, however often it is asked for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

# Of one core: with the lowest priority besides, a run beside it does not feel that.
SHARE = 0.02


class Paced(Generic[T]):
    """A value that is made anew when somebody asks for it, but not too often. Any thread.

    Parameters
    ----------
    make
        Makes it. What it raises is raised to who asks, and it is tried again the next time.
    every_s
        Not more often than this.
    share
        Making takes at most this part of the time.
    """

    def __init__(
        self,
        make: Callable[[], T],
        every_s: float,
        share: float = SHARE,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._make = make
        self._every_s = every_s
        self._share = share
        self._monotonic = monotonic
        self._guard = threading.Lock()
        self._value: T | None = None
        self._next_s = -float("inf")

    def __call__(self) -> T:
        """Give the value, of now or of a moment ago."""
        with self._guard:
            began_s = self._monotonic()
            if self._value is None or began_s >= self._next_s:
                self._value = self._make()
                ended_s = self._monotonic()
                self._next_s = ended_s + max(self._every_s, (ended_s - began_s) / self._share)
            return self._value
