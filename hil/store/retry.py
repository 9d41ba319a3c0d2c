"""Waiting for a database that is locked or away, without losing what was to be written."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from hil.clock import Clock
from hil.errors import StoreError
from hil.store.engine import is_passing, one_line
from hil.waits.waits import SAY_AFTER_S, WAITS

# stamina reports every retry to its logger; without a handler Python would print that over the live
# view. The report that people see goes through `hil.waits`.
logging.getLogger("stamina").addHandler(logging.NullHandler())

T = TypeVar("T")

OnDelay = Callable[[float, str], None]

DATABASE = "the database"
# Who waits no longer than this goes on by another way, and has nothing to tell.
_UNTOLD_S = 2 * SAY_AFTER_S


@dataclass(frozen=True, slots=True)
class Retry:
    """Repeats a unit of work for as long as the database is merely locked or away.

    A wait that lasts is told to whoever looks: see `hil.waits`.

    Parameters
    ----------
    limit_s
        Seconds after which the wait ends in a StoreError.
    clock
        Tells `on_delay` how long the wait has lasted.
    on_delay
        Called before each further attempt with the seconds waited so far, and with why. Called on
        the thread that waits.
    """

    limit_s: float
    clock: Clock | None = None
    on_delay: OnDelay | None = None
    gave_up: threading.Event = field(default_factory=threading.Event)

    def run(self, work: Callable[[int], T]) -> T:
        """Run ``work(attempt)``, attempt from 1, until it passes.

        ``work`` is one transaction that may already be committed when it is called again: a
        connection can be lost between the commit and its answer.

        Raises
        ------
        StoreError
            The limit has passed, `gave_up` is set, or the database refused for good.
        """
        import stamina  # with asyncio behind it: not for those who only ask

        began = self._now_s()
        told_after_s = SAY_AFTER_S if self.limit_s > _UNTOLD_S else math.inf
        with WAITS.waiting(DATABASE, self.limit_s, told_after_s) as wait:

            def again(error: Exception) -> bool:
                if not is_passing(error) or self.gave_up.is_set():
                    return False
                wait.why = one_line(error)
                if self.on_delay is not None:
                    self.on_delay(self._now_s() - began, wait.why)
                return True

            try:
                for attempt in stamina.retry_context(
                    on=again,
                    attempts=None,
                    timeout=self.limit_s,
                    wait_initial=0.02,
                    wait_max=2.0,
                    wait_jitter=0.02,
                ):
                    with attempt:
                        return work(attempt.num)
            except DBAPIError as error:
                raise StoreError(f"the database could not be written: {one_line(error)}") from error
        raise AssertionError("unreachable: an attempt returns or raises")

    def _now_s(self) -> float:
        return 0.0 if self.clock is None else self.clock.monotonic()
