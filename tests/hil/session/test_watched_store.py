"""No call of a store that may take its time is made by the main thread."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from hil.records.trial import ThinkFirst
from hil.session.ports import Store
from hil.session.watched_store import WatchedStore

# They note something and touch neither database nor disk.
AT_ONCE = {"applied", "read_back"}
CALLS = sorted(name for name in vars(Store) if not name.startswith("_"))


class Recorder:
    """Any store: gives the name and the arguments of what was called."""

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: (name, arguments)


@pytest.mark.parametrize("name", CALLS)
def test_each_call_reaches_the_store_and_is_watched(name: str) -> None:
    waited = []

    def wait(work: Any) -> Any:
        waited.append(name)
        return work()

    store = WatchedStore(Recorder(), wait)  # type: ignore[arg-type]
    wanted = inspect.signature(getattr(Store, name)).parameters
    arguments = tuple(range(len(wanted) - 1))
    given = getattr(store, name)(*arguments)
    if given is not None:
        assert given == (name, arguments)
    assert bool(waited) == (name not in AT_ONCE)


def test_what_takes_long_is_thought_of_between_two_asks() -> None:
    """Not inside the critical section: the store is left, the work is done, and it asks again."""
    done: list[str] = []

    class Asks:
        def propose(self, ask: Any) -> Any:
            done.append("in")
            try:
                return ask([], {}, 0)
            finally:
                done.append("out")

    def ask(rows: Any, attrs: Any, number: int) -> str:
        if "thought" not in done:
            raise ThinkFirst(lambda: done.append("thought"))
        return "proposed"

    store = WatchedStore(Asks(), lambda work: work())  # type: ignore[arg-type]
    assert store.propose(ask) == "proposed"  # type: ignore[arg-type, comparison-overlap]
    assert done == ["in", "out", "thought", "in", "out"]
