"""Interlocks while something goes on: read all the time, and acted upon at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from drivers.errors import DriverError
from hil.errors import HilError, InterlockOpen, RigError

# A door is noticed so soon, where it hangs on another connection than what is going on.
_EVERY_S = 0.1


class InterlockWatch:
    """Reads interlocks for the length of a ``with`` block, on a thread of its own.

    Where one opens, ``on_open`` is called at once, on that thread; leaving the block raises it,
    whatever the work raised by then. The calls themselves run on the drivers' threads: an interlock
    on the connection of a camera is read between its frames.

    Parameters
    ----------
    check
        Reads all interlocks; raises InterlockOpen.
    on_open
        Brings everything to an end.
    active
        Whether there is any.
    """

    def __init__(
        self, check: Callable[[], None], on_open: Callable[[], None], *, active: bool
    ) -> None:
        self._check = check
        self._on_open = on_open
        self._left = threading.Event()
        self._found: HilError | None = None
        self._thread = threading.Thread(target=self._watch, name="hil-interlocks", daemon=True)
        self._active = active

    def __enter__(self) -> Self:
        """Begin to watch."""
        if self._active:
            try:
                self._thread.start()
            except RuntimeError as error:
                raise RigError(f"interlocks cannot be watched: {error}") from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Raise what was found, also between the last look and the end."""
        if not self._active:
            return
        self._left.set()
        self._thread.join()
        if self._found is None and error is None:
            self._look()
        if self._found is not None:
            raise self._found from error

    def _watch(self) -> None:
        while not self._left.is_set():
            if not self._look():
                return
            self._left.wait(_EVERY_S)

    def _look(self) -> bool:
        try:
            self._check()
        except (InterlockOpen, RigError) as found:
            self._found = found
        except DriverError as lost:  # what cannot be read is not known to be shut
            self._found = RigError(f"an interlock cannot be read: {lost}")
        else:
            return True
        self._on_open()
        return False
