"""What nobody reads holds nobody up: a terminal stopped by Ctrl-S, a full pipe, one that is closed.

Whoever prints on the main thread waits for as long as nobody reads, and a session does not get on.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hil.rig.device_thread import ABANDONED

# So many calls are kept for who reads slowly; of more the oldest are dropped.
_KEPT = 200
# At the end so long is waited for what is still to be shown.
_PATIENCE_S = 2.0


@contextmanager
def whoever_reads() -> Iterator[None]:
    """Print within a ``with`` block: who has gone misses it, and that is all."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        nothing = os.open(os.devnull, os.O_WRONLY)  # or Python complains at the end
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)


class Unread:
    """Shows things in their order on a thread of its own, as long as there is somebody to see."""

    def __init__(self) -> None:
        self._calls: deque[Callable[[], object]] = deque(maxlen=_KEPT)
        self._there = threading.Event()
        self._over = False
        self._thread = threading.Thread(target=self._work, name="hil-screen", daemon=True)
        self._thread.start()

    def show(self, call: Callable[[], object]) -> None:
        """Have something shown, and wait for nothing."""
        self._calls.append(call)
        self._there.set()

    def end(self) -> None:
        """Wait a little for what is still to be shown."""
        self._over = True
        self._there.set()
        self._thread.join(_PATIENCE_S)
        if self._thread.is_alive():  # it holds the stream that Python would empty at its end
            self._thread.name = f"{ABANDONED} {self._thread.name}"

    def _work(self) -> None:
        while self._there.wait():
            self._there.clear()
            over = self._over
            while self._calls:
                try:
                    self._calls.popleft()()
                except (OSError, ValueError):  # who read has gone, or the stream is closed
                    continue
            if over:
                return
