"""Orders from a person's thread to the session's thread, and what comes back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from drivers.types import Value
from hil.errors import HilError
from hil.records.session import SessionState
from hil.records.trial import OpenTrial, SearchExhausted
from hil.session.stopping import Ending
from hil.session.watched_store import Wait

_LOOK_S = 0.1


class NothingLeft(HilError):
    """The session takes no further trial: what it was to do is done, or it has ended."""


class Loop(Protocol):
    """What a session's trials are done by: part of `hil.session.controller.Controller`."""

    def ask(self) -> OpenTrial:
        """Commit the next proposal."""
        ...

    def measure(self, trial: OpenTrial) -> None:
        """Measure a trial to its end."""
        ...

    def give_back(self, trial: OpenTrial, reason: str) -> None:
        """End a trial that is not going to be measured."""
        ...

    def ending(self) -> Ending | None:
        """Tell how the session ends by now; None while it goes on."""
        ...


@dataclass(slots=True)
class _Order:
    """One thing to be done on the session's thread."""

    work: Callable[[Loop], Any]
    done: threading.Event = field(default_factory=threading.Event)
    result: Any = None
    error: BaseException | None = None


class Turns:
    """Where the person's thread and the session's thread meet.

    Attributes
    ----------
    given
        Settings of the trial that is asked for just now; None where the sampler chooses.
    session_id
        Of the session, once it serves.
    serving
        Set once orders are taken.
    """

    def __init__(self) -> None:
        self.given: Mapping[str, Value] | None = None
        self.session_id = ""
        self.serving = threading.Event()
        self._orders: SimpleQueue[_Order] = SimpleQueue()
        self._closing = threading.Event()
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._why_over = "the session has ended"

    # --- the person's thread ---------------------------------------------------------------------

    def order(self, work: Callable[[Loop], Any]) -> Any:
        """Have something done by the session, and wait for it.

        Raises
        ------
        NothingLeft
            The session has ended, or takes no further trial.
        HilError
            What the work raised.
        """
        order = _Order(work)
        with self._lock:  # nothing is put into a queue that nobody reads any more
            if self._over.is_set() or self._closing.is_set():
                raise NothingLeft(self._why_over)
            self._orders.put(order)
        while not order.done.wait(_LOOK_S):  # so that Ctrl-C is heard on every system
            pass
        if order.error is not None:
            raise order.error
        return order.result

    def close(self) -> None:
        """Take no further orders: the session comes to its end."""
        self._closing.set()

    # --- the session's thread --------------------------------------------------------------------

    def serve(self, loop: Loop, wait: Wait, stopped: Callable[[], str]) -> Ending:
        """Do what is ordered until somebody closes it, or the session must end.

        Parameters
        ----------
        loop
            Does it.
        wait
            Waits beside this thread, which keeps watch meanwhile, and goes dark.
        stopped
            Says why the session was asked to stop; empty if it was not.
        """
        asked: dict[int, OpenTrial] = {}
        self.serving.set()
        while (order := wait(lambda: self._next(stopped))) is not None:
            self._do(order, _Noting(loop, asked))
        for trial in asked.values():
            loop.give_back(trial, stopped() or "asked for, and not measured")
        ending = loop.ending()
        return ending or Ending(SessionState.STOPPED, "closed before all trials were done")

    def end(self, why: str) -> None:
        """Answer whoever still waits: the session is over."""
        with self._lock:
            self._why_over = why or self._why_over
            self._over.set()
            while True:
                try:
                    order = self._orders.get_nowait()
                except Empty:
                    return
                order.error = NothingLeft(self._why_over)
                order.done.set()

    def _next(self, stopped: Callable[[], str]) -> _Order | None:
        while not (stopped() or self._closing.is_set()):
            try:
                return self._orders.get(timeout=_LOOK_S)
            except Empty:
                continue
        return None

    def _do(self, order: _Order, loop: Loop) -> None:
        """Do one order; what only concerns who gave it ends nothing else."""
        try:
            order.result = order.work(loop)
        except SearchExhausted as done:
            order.error = NothingLeft(str(done))
        except NothingLeft as error:
            order.error = error
        except Refused as refused:
            order.error = refused.error
        except BaseException as error:
            order.error = error if isinstance(error, HilError) else NothingLeft(_brief(error))
            raise
        finally:
            order.done.set()


class Refused(Exception):
    """What a person ordered is wrong; the session goes on."""

    def __init__(self, error: HilError) -> None:
        self.error = error


class _Noting:
    """Implements `Loop`: remembers which trials were asked for and not measured."""

    def __init__(self, loop: Loop, asked: dict[int, OpenTrial]) -> None:
        self._loop = loop
        self._asked = asked

    def ask(self) -> OpenTrial:
        trial = self._loop.ask()
        self._asked[trial.number] = trial
        return trial

    def measure(self, trial: OpenTrial) -> None:
        self._take(trial)
        self._loop.measure(trial)

    def give_back(self, trial: OpenTrial, reason: str) -> None:
        self._take(trial)
        self._loop.give_back(trial, reason)

    def ending(self) -> Ending | None:
        return self._loop.ending()

    def _take(self, trial: OpenTrial) -> None:
        if self._asked.pop(trial.number, None) is None:
            said = (
                f"trial {trial.number} was measured or given back before, or is of another session"
            )
            raise Refused(HilError(said))


def _brief(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
