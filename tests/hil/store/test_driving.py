"""What a controller takes: its store, and word that it should stop."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from hil.store import Database, SqlStore


def test_two_controllers_get_distinct_numbers(
    db: Database, session_id: str, clock: Any, make_run: Callable[[SqlStore], Any]
) -> None:
    barrier = threading.Barrier(2)
    failures: list[BaseException] = []

    def work(name: str) -> None:
        try:
            with db.store(session_id, controller=name, clock=clock) as opened:
                run = make_run(opened)
                barrier.wait(timeout=30)
                for _ in range(10):
                    run.complete()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [row.number for row in db.rows(session_id)] == list(range(20))
    assert set(db.trials(session_id)["controller"]) == {"one", "two"}
    assert db.verify(session_id) == []


def test_a_stop_is_heard_and_forgotten_by_a_resume(
    db: Database, store: SqlStore, session_id: str, clock: Any
) -> None:
    assert store.requested_stop() == ""
    db.request_stop(session_id[:6], "the sample is dry")
    assert store.requested_stop() == "the sample is dry"
    with db.store(session_id, controller="again", clock=clock, resumed=True) as resumed:
        assert resumed.requested_stop() == ""
