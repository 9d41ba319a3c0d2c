"""What this process waits for, said to whoever looks: once it lasts, and when it is over.

A database without room, locked or away, a disk that stalls: the sample is dark meanwhile and all
will go on, but whoever sits before it sees nothing happen. Work that may wait so is put within
`Waits.waiting`; who shows things to a person listens by `Waits.told_to`. Where nobody does it goes
to the log of this module.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from hil.records.spans import duration

SAY_AFTER_S = 3.0
# A wait that goes on is said again so often.
AGAIN_S = 120.0
_LOOK_S = 0.5
# The thread that watches ends when nothing has been waited for in so many looks.
_IDLE_LOOKS = 20

_log = logging.getLogger(__name__)

Tell = Callable[[str], None]


@dataclass(eq=False, slots=True)
class LongWait:
    """Something that is waited for.

    Parameters
    ----------
    what
        Of a kind: waits for the same are told in one line.
    limit_s
        Seconds after which the wait ends by itself; None for no limit.
    after_s
        Seconds after which it is told.
    why
        Why it lasts, where that is known.
    since_s
        On the monotonic clock.
    aside
        Whether this process is busy with work of its own just now.
    """

    what: str
    limit_s: float | None
    after_s: float
    why: str = ""
    since_s: float = field(default_factory=time.monotonic)
    aside: bool = False


class Waits:
    """Watches all waits of this process. Any thread may call."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waits: list[LongWait] = []
        self._tell: list[Tell] = []
        self._said: dict[str, tuple[float, float, str]] = {}  # since, said at, why
        self._over: dict[str, float] = {}  # what has come after all, and since when it was awaited
        self._watches = False
        self._mine = threading.local()

    @contextmanager
    def told_to(self, tell: Tell) -> Iterator[None]:
        """Tell somebody, a line at a time, for the length of a ``with`` block; the inner one alone.

        ``tell`` is called on a thread of its own, and may take its time.
        """
        with self._guard:
            self._tell.append(tell)
        try:
            yield
        finally:
            with self._guard:
                self._tell.remove(tell)

    @contextmanager
    def waiting(
        self, what: str, limit_s: float | None = None, after_s: float = SAY_AFTER_S
    ) -> Iterator[LongWait]:
        """Do something that may have to wait for something else; see `LongWait`."""
        wait = LongWait(what, limit_s, after_s)
        outer: LongWait | None = getattr(self._mine, "wait", None)
        self._mine.wait = wait
        with self._guard:
            self._waits.append(wait)
            start, self._watches = not self._watches, True
        if start:
            self._start()
        try:
            yield wait
        except BaseException:
            self._end(wait, came=False)
            raise
        else:
            self._end(wait, came=True)
        finally:
            self._mine.wait = outer

    @contextmanager
    def own_work(self) -> Iterator[None]:
        """Do work of this process's own in the middle of a wait: that is no wait."""
        wait: LongWait | None = getattr(self._mine, "wait", None)
        if wait is None:
            yield
            return
        wait.aside = True
        try:
            yield
        finally:
            wait.since_s, wait.why, wait.aside = time.monotonic(), "", False

    def _start(self) -> None:
        thread = threading.Thread(target=self._watch, name="hil-waits", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # no thread is to be had: a line less
            with self._guard:
                self._watches = False

    def _end(self, wait: LongWait, *, came: bool) -> None:
        with self._guard:
            self._waits.remove(wait)
            if came and wait.what in self._said:
                self._over[wait.what] = self._said[wait.what][0]

    def _watch(self) -> None:
        idle = 0
        while True:
            time.sleep(_LOOK_S)
            for line in self.look(time.monotonic()):
                self._say(line)
            with self._guard:
                idle = 0 if self._waits or self._said else idle + 1
                if idle > _IDLE_LOOKS:
                    self._watches = False
                    return

    def look(self, now_s: float) -> list[str]:
        """Give the lines that are due at a time of the monotonic clock; each is given once."""
        with self._guard:
            longest: dict[str, LongWait] = {}
            for wait in self._waits:
                known = longest.get(wait.what)
                if not wait.aside and (known is None or wait.since_s < known.since_s):
                    longest[wait.what] = wait
            lines = [line for wait in longest.values() if (line := self._due(wait, now_s))]
            for what in list(self._said):
                since_s = self._over.pop(what, None)
                lasts = what in longest and now_s - longest[what].since_s > longest[what].after_s
                if since_s is not None and not lasts:
                    lines.append(f"{what} answers again, after {duration(now_s - since_s)}")
                if not lasts:
                    del self._said[what]
            self._over.clear()
            return lines

    def _due(self, wait: LongWait, now_s: float) -> str:
        waited_s = now_s - wait.since_s
        since_s, said_s, why = self._said.get(wait.what, (wait.since_s, -1e9, ""))
        new = bool(wait.why) and wait.why != why
        if waited_s < wait.after_s or (now_s - said_s < AGAIN_S and not new):
            return ""
        self._said[wait.what] = min(since_s, wait.since_s), now_s, wait.why
        limit = "" if wait.limit_s is None else f", {duration(wait.limit_s)} at most"
        why = wait.why or "no answer"
        return f"waiting for {wait.what}: {why} ({duration(waited_s)} so far{limit})"

    def _say(self, line: str) -> None:
        with self._guard:
            tell = self._tell[-1] if self._tell else _log.warning
        with suppress(Exception):  # who cannot be told is not waited for
            tell(line)


# One for the whole process: whoever waits in it, its person is told.
WAITS = Waits()
