"""What is written down while nobody waits for the database."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue


class Announcing:
    """Writes in order on a thread of its own; an error is raised where somebody looks.

    The thread begins with the first thing to write.
    """

    def __init__(self) -> None:
        self._queue: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None
        self._n_put = self._n_done = 0

    def put(self, write: Callable[[], None]) -> None:
        """Have something written; returns at once."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="hil-announce", daemon=True)
            self._thread.start()
        self._n_put += 1
        self._queue.put(write)

    @property
    def settled(self) -> int | None:
        """How much has been written, if nothing waits to be; None if something does."""
        done = self._n_done
        return done if done == self._n_put else None

    def look(self) -> None:
        """Raise what a write raised."""
        error, self._error = self._error, None
        if error is not None:
            raise error

    def finish(self) -> None:
        """Wait until all is written."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None

    def _work(self) -> None:
        while (write := self._queue.get()) is not None:
            try:
                write()
            except BaseException as error:  # raised where somebody looks
                self._error = error
            self._n_done += 1
