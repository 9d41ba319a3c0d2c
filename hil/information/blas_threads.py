"""One thread for linear algebra while there are many small products.

BLAS starts a thread a core for matrices of a hundred rows, and its threads wait for each other by
spinning. Next to other work, a camera's driver say, that turns milliseconds into seconds: an
estimate of 20 ms took 2 to 8 s on two busy cores. Large sums are shared among Python's threads
instead.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from threadpoolctl import OpenBLASController, ThreadpoolController


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let BLAS use the calling thread alone, in the whole process, until the last to ask leaves."""
    limit = _limit()
    limit.enter()
    try:
        yield
    finally:
        limit.leave()


@cache
def _limit() -> _SharedLimit:
    return _SharedLimit()


class _SharedLimit:
    """The limit is the process's: who comes second must not restore what the first has set."""

    def __init__(self) -> None:
        self._controller: Any = None
        self._modules = 0
        self._lock = threading.Lock()
        self._users = 0
        self._set: Any = None

    def enter(self) -> None:
        with self._lock:
            if self._users == 0:
                libraries = self._libraries()
                _free()
                self._set = libraries.limit(limits=1, user_api="blas")
            self._users += 1

    def leave(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                _free()
                self._set.restore_original_limits()
                _free()

    def _libraries(self) -> ThreadpoolController:
        """Every BLAS that is loaded by now: a module imported since may have brought its own."""
        import scipy.linalg  # noqa: F401 - its BLAS is not numpy's, and is found once loaded

        if self._controller is None or len(sys.modules) != self._modules:
            self._modules = len(sys.modules)
            self._controller = ThreadpoolController()
        return self._controller


def _free() -> None:
    """Let this thread set OpenBLAS's threads: threadpoolctl 3.8 obeys the first that did, alone.

    Others ask in vain, without a word, for as long as that one lives. Here they are counted.
    """
    clear = getattr(OpenBLASController, "clear_controlling_thread", None)
    if clear is not None:
        clear(force=True)
