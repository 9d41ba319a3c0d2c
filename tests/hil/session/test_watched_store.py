"""No call of a store that may take its time is made by the main thread."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from hil.session.ports import Store
from hil.session.watched_store import WatchedStore

# They note something and touch neither database nor disk.
AT_ONCE = {"applied", "estimated", "read_back"}
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
