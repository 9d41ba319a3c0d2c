"""Asking a running session: what waits, and how long a database is waited for."""

from __future__ import annotations

import threading
import time

import pytest

from hil.errors import StoreError
from hil.session.control import requesting


def test_a_database_that_hangs_is_not_waited_for() -> None:
    go = threading.Event()
    began = time.monotonic()
    with pytest.raises(StoreError, match="does not answer"):
        requesting.within(0.2, lambda: go.wait(60))
    assert time.monotonic() - began < 30
    go.set()
    assert requesting.within(30, lambda: 3) == 3
    with pytest.raises(ZeroDivisionError):
        requesting.within(30, lambda: 1 // 0)
