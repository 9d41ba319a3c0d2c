"""What nobody reads holds nobody up: a terminal stopped by Ctrl-S, a full pipe, one that is closed.

Whoever prints on the main thread waits for as long as nobody reads, and a session does not get on.
"""

from __future__ import annotations

import io
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from types import TracebackType
from typing import Self, TextIO

from hil.records.plain_text import shown
from hil.rig.device_thread import ABANDONED, join, start_or_run

# So many calls are kept for who reads slowly; of more the oldest are dropped.
_KEPT = 200
# At the end so long is waited for what is still to be shown.
_PATIENCE_S = 2.0
# Who has not taken a line of the summary in such a time does not read.
_LINE_S = 10.0


@contextmanager
def whoever_reads() -> Iterator[None]:
    """Print within a ``with`` block: who has gone, or does not read, misses it, and that is all."""
    out, told = sys.stdout, io.StringIO()
    try:
        with redirect_stdout(told):
            yield
    finally:
        say(told.getvalue(), out)


def say(text: str, stream: TextIO) -> None:
    """Write a text, and wait for who reads slowly, but not for who does not.

    Parameters
    ----------
    text
        Whole lines; what a terminal would obey is written out.
    stream
        Standard output, say.
    """
    plain, taken = getattr(stream, "stream", stream), [time.monotonic()]

    def write() -> None:
        try:
            for line in shown(text).splitlines(keepends=True):
                plain.write(line)
                plain.flush()
                taken.append(time.monotonic())
        except BrokenPipeError:
            nothing = os.open(os.devnull, os.O_WRONLY)  # or Python complains at the end
            os.dup2(nothing, plain.fileno())
            os.close(nothing)
        except (OSError, ValueError):
            pass  # it is closed, or its disk is full

    thread = threading.Thread(target=write, name="hil-says", daemon=True)
    start_or_run(thread)
    while thread.is_alive() and time.monotonic() - taken[-1] < _LINE_S:
        join(thread, 0.1)
    if thread.is_alive():  # it holds the stream that Python would empty at its end
        thread.name = f"{ABANDONED} {thread.name}"


class Unread:
    """Shows things in their order on a thread of its own, as long as there is somebody to see.

    As a context manager it ends with the block.
    """

    def __init__(self) -> None:
        self._calls: deque[Callable[[], object]] = deque(maxlen=_KEPT)
        self._there = threading.Event()
        self._over = False
        self._thread = threading.Thread(target=self._work, name="hil-screen", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End."""
        self.end()

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
