"""Orders from one thread to another: each is answered, also where the session ends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from hil.errors import HilError, StoreError
from hil.records.session import SessionState
from hil.records.trial import OpenTrial, SearchExhausted
from hil.session.by_hand.turns import NothingLeft, Turns
from hil.session.stopping import Ending


class Loop:
    """Three trials."""

    def __init__(self) -> None:
        self.n = 0
        self.log: list[str] = []

    def ask(self) -> OpenTrial:
        if self.n == 3:
            raise SearchExhausted("all are done")
        self.n += 1
        return OpenTrial(f"key {self.n}", self.n - 1, "search", {})

    def measure(self, trial: OpenTrial) -> None:
        self.log.append(f"measure {trial.number}")

    def give_back(self, trial: OpenTrial, reason: str) -> None:
        self.log.append(f"give back {trial.number}: {reason}")

    def ending(self) -> Ending | None:
        return Ending(SessionState.COMPLETE, "all") if self.n == 3 else None


class Served:
    """Turns with a session's thread behind them."""

    def __init__(self) -> None:
        self.turns, self.loop, self.reason = Turns(), Loop(), ""
        self.ending: Ending | BaseException | None = None
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        try:
            self.ending = self.turns.serve(self.loop, lambda work: work(), lambda: self.reason)
        except BaseException as error:
            self.ending = error
        self.turns.end("it is over")

    def closed(self) -> Ending | BaseException | None:
        self.turns.close()
        self.thread.join(10)
        return self.ending


@pytest.fixture
def served() -> Served:
    return Served()


def test_orders_are_done_in_turn_and_give_what_they_give(served: Served) -> None:
    trial = served.turns.order(lambda loop: loop.ask())
    served.turns.order(lambda loop: loop.measure(trial))
    assert (trial.number, served.loop.log) == (0, ["measure 0"])
    assert served.closed() == Ending(SessionState.STOPPED, "closed before all trials were done")


def test_the_end_of_the_search_ends_nothing_else(served: Served) -> None:
    for _ in range(3):
        served.turns.order(lambda loop: loop.measure(loop.ask()))
    with pytest.raises(NothingLeft, match="all are done"):
        served.turns.order(lambda loop: loop.ask())
    assert served.closed() == Ending(SessionState.COMPLETE, "all")


def test_what_was_asked_for_and_not_measured_is_given_back(served: Served) -> None:
    first, second = (served.turns.order(lambda loop: loop.ask()) for _ in range(2))
    served.turns.order(lambda loop: loop.give_back(first, "no"))
    with pytest.raises(HilError, match="measured or given back before"):
        served.turns.order(lambda loop: loop.measure(first))
    served.closed()
    assert served.loop.log == ["give back 0: no", "give back 1: asked for, and not measured"]
    assert second.number == 1


def test_a_stop_ends_it_with_its_reason(served: Served) -> None:
    served.turns.order(lambda loop: loop.ask())
    served.reason = "Ctrl-C"
    served.thread.join(10)
    assert served.loop.log == ["give back 0: Ctrl-C"]
    with pytest.raises(NothingLeft, match="it is over"):
        served.turns.order(lambda loop: loop.ask())


@pytest.mark.parametrize(
    ("error", "told"), [(StoreError("gone"), StoreError), (ZeroDivisionError("x"), NothingLeft)]
)
def test_what_breaks_the_session_is_told_to_who_ordered_it(
    served: Served, error: Exception, told: type[Exception]
) -> None:
    def breaks(loop: Any) -> None:
        raise error

    with pytest.raises(told, match=r"gone|ZeroDivisionError: x"):
        served.turns.order(breaks)
    served.thread.join(10)
    assert served.ending is error


def test_nobody_waits_for_a_session_that_is_over() -> None:
    turns = Turns()
    answers: list[BaseException] = []

    def ask(order: Callable[..., Any]) -> None:
        try:
            order(lambda loop: None)
        except NothingLeft as error:
            answers.append(error)

    waiting = threading.Thread(target=ask, args=(turns.order,), daemon=True)
    waiting.start()
    while turns._orders.empty():
        pass
    turns.end("over")
    waiting.join(10)
    assert [str(one) for one in answers] == ["over"]
