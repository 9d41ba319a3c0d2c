"""What has been asked of a running session: to pause, to go on, to stop, to approve a trial."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass

from hil.records.request import Request, Wish
from hil.supervision.stop import StopSwitch


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a session is to wait.

    Parameters
    ----------
    why
        In words.
    by
        Who asked; empty where it pauses by itself.
    theirs
        Whether it is another controller of the session that waits, and this one with it.
    """

    why: str
    by: str = ""
    theirs: bool = False

    def __str__(self) -> str:
        return f"{self.why} ({self.by})" if self.by else self.why


class Wishes:
    """Takes requests, each once, by whatever way it comes. Any thread.

    Parameters
    ----------
    stop
        Pressed by a request to stop.
    """

    def __init__(self, stop: StopSwitch) -> None:
        self._stop = stop
        self._guard = threading.Lock()
        self._known: set[str] = set()
        self._verdicts: dict[int, Request] = {}
        self.hold: Hold | None = None
        self._enqueued: list[Request] = []
        self.continued_by = ""
        self._closed = False

    def forget(self, requests: Iterable[Request]) -> None:
        """Take requests for known: they were meant for an earlier process.

        Not so trials that were enqueued: they are for whoever runs the session.
        """
        requests = list(requests)
        self.obey(request for request in requests if request.wish is Wish.ENQUEUE)
        with self._guard:
            self._known |= {request.id for request in requests}

    @property
    def enqueued(self) -> list[Request]:
        """All trials that were ever asked for, oldest first; the rows tell which were taken."""
        with self._guard:
            return list(self._enqueued)

    def obey(self, requests: Iterable[Request]) -> None:
        """Take requests, oldest first; those known already are passed over."""
        with self._guard:
            for request in requests:
                if request.id not in self._known and not self._closed:
                    self._known.add(request.id)
                    self._obey(request)

    def _obey(self, request: Request) -> None:
        if request.wish is Wish.STOP:
            self._stop.press(request.why)
        elif request.wish is Wish.PAUSE:
            self._own(Hold(request.why, request.by))
        elif request.wish is Wish.CONTINUE:
            self.hold, self.continued_by = None, request.by
        elif request.wish is Wish.ENQUEUE:
            self._enqueued = sorted([*self._enqueued, request], key=lambda one: one.id)
        elif request.trial is not None:
            self._verdicts.setdefault(request.trial, request)

    def pause(self, why: str) -> None:
        """Wait for a person, although nobody asked for it."""
        with self._guard:
            self._own(Hold(why))

    def _own(self, hold: Hold) -> None:
        if self.hold is None or self.hold.theirs:
            self.hold = hold

    def follow(self, why: str) -> None:
        """Wait since another controller of the session does; go on with it where it is empty."""
        with self._guard:
            if self._closed or (self.hold is not None and not self.hold.theirs):
                return
            if why:
                self.hold = self.hold or Hold(why, theirs=True)
            elif self.hold is not None:
                self.hold, self.continued_by = None, ""

    def close(self) -> None:
        """Take no more: the session is at its end."""
        with self._guard:
            self._closed, self.hold = True, None

    def verdict(self, trial: int) -> Request | None:
        """Give what a person said of a trial that waits; None as long as nobody did."""
        return self._verdicts.get(trial)
