"""Written down in order, while nobody waits."""

from __future__ import annotations

import threading

import pytest

from hil.errors import StoreError
from hil.session.control.announcing import Announcing


def test_nobody_waits_and_the_order_stays() -> None:
    announcing, go, written = Announcing(), threading.Event(), list[int]()
    announcing.put(lambda: go.wait(30) and None)
    for number in range(5):
        announcing.put(lambda number=number: written.append(number))
    assert written == []
    announcing.look()
    go.set()
    announcing.finish()
    assert written == [0, 1, 2, 3, 4]


def test_an_error_is_raised_where_somebody_looks_and_once() -> None:
    announcing = Announcing()

    def fail() -> None:
        raise StoreError("gone for good")

    announcing.put(fail)
    announcing.finish()
    with pytest.raises(StoreError, match="gone for good"):
        announcing.look()
    announcing.look()


def test_nothing_to_write_needs_no_end() -> None:
    Announcing().finish()


def test_it_is_settled_once_nothing_waits_to_be_written() -> None:
    announcing, go = Announcing(), threading.Event()
    assert announcing.settled == 0
    announcing.put(lambda: go.wait(30))
    assert announcing.settled is None
    go.set()
    announcing.finish()
    assert announcing.settled == 1
