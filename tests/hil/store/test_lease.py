"""One process to a rig: who gets it, who is told what, and who loses it."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psutil
import pytest
from sqlalchemy import text

from hil.errors import RigHeld
from hil.locks.progress import SILENT_S
from hil.records.trial import TrialState
from hil.store import Database, Holder

RIG = "demo scope"
ME = Holder.this_process(session_id="5" * 32)


@pytest.fixture
def other() -> Any:
    """A live process of this host that is not this one: its parent."""
    parent = psutil.Process(os.getppid())
    return Holder(platform.node(), parent.pid, parent.create_time(), session_id="7" * 32)


def _dead() -> Holder:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        created = psutil.Process(process.pid).create_time()
    return Holder(platform.node(), process.pid, created)


def _row(db: Database) -> Any:
    return db.sql("SELECT * FROM lease").iloc[0]


def test_the_refusal_names_who_holds_the_rig(db: Database, other: Holder, clock: Any) -> None:
    since = clock.now()
    db.acquire_lease(RIG, other, since)
    with pytest.raises(RigHeld) as caught:
        db.acquire_lease(RIG, ME, clock.now())
    for part in (RIG, platform.node(), str(other.pid), "77777777", f"{since:%Y-%m-%d %H:%M:%S}"):
        assert part in str(caught.value)
    assert caught.value.exit_status == 3
    db.acquire_lease("another rig", ME, clock.now())


def test_the_same_process_may_take_it_again(db: Database, clock: Any) -> None:
    db.acquire_lease(RIG, ME, clock.now())
    db.acquire_lease(RIG, replace(ME, session_id=None), clock.now())
    assert _row(db)["session_id"] is None


def test_a_dead_process_loses_the_rig(db: Database, clock: Any) -> None:
    db.acquire_lease(RIG, _dead(), clock.now())
    db.acquire_lease(RIG, ME, clock.now())
    assert _row(db)["pid"] == os.getpid()


def test_a_number_used_again_is_another_process(db: Database, clock: Any) -> None:
    db.acquire_lease(RIG, replace(ME, token="f" * 32), clock.now())
    _, held = _watch(db, lambda second: None)
    assert held is None
    assert _row(db)["token"] == ME.token


@pytest.mark.parametrize("ahead", [timedelta(minutes=5), timedelta(minutes=-5), timedelta(days=1)])
def test_another_host_is_judged_by_its_counter_whatever_its_clock(
    db: Database, clock: Any, ahead: timedelta
) -> None:
    far = Holder("far away", 1, 1.0, token="f" * 32)
    theirs: datetime = clock.now() + ahead
    db.acquire_lease(RIG, far, theirs)

    def renews(second: int) -> None:
        if second % 20 == 19:
            db.renew_lease(RIG, far, theirs + timedelta(seconds=second))

    after_s, held = _watch(db, renews)
    assert held is not None
    assert held.certain
    assert "far away" in str(held)
    assert after_s < 30


def test_another_host_loses_it_by_a_counter_that_stands_still(db: Database, clock: Any) -> None:
    far = Holder("far away", 1, 1.0, token="f" * 32)
    db.acquire_lease(RIG, far, clock.now())
    after_s, held = _watch(db, lambda second: None)
    assert held is None
    assert SILENT_S <= after_s < SILENT_S + 3
    with pytest.raises(RigHeld, match="is held by"):
        db.renew_lease(RIG, far, clock.now())


def test_what_was_not_looked_at_is_no_silence(db: Database, clock: Any) -> None:
    """A database that was locked for an hour, a watcher that slept: nobody could have renewed."""
    db.acquire_lease(RIG, Holder("far away", 1, 1.0, token="f" * 32), clock.now())
    for now_s in (0.0, 3600.0, 7200.0):
        with pytest.raises(RigHeld) as caught:
            db.acquire_lease(RIG, ME, clock.now(), now_s=now_s)
        assert not caught.value.certain


def _watch(db: Database, meanwhile: Callable[[int], None]) -> tuple[int, RigHeld | None]:
    """Look every second, as who comes to a rig does, until it is known whether it is held."""
    for second in range(300):
        meanwhile(second)
        try:
            db.acquire_lease(RIG, ME, datetime(2026, 1, 1, tzinfo=UTC), now_s=float(second))
            return second, None
        except RigHeld as held:
            if held.certain:
                return second, held
    raise AssertionError("it never showed")


def test_a_lease_that_was_taken_stops_what_is_measured(
    db: Database, session_id: str, other: Holder, clock: Any, make_run: Any
) -> None:
    with db.store(session_id, controller="a", clock=clock) as store:
        db.acquire_lease(RIG, ME, clock.now())
        run = make_run(store)
        run.complete()
        trial = run.propose()
        store.frames(trial, run.pixels(0))
        with db._writing() as connection:
            connection.execute(text("DELETE FROM lease"))
        with pytest.raises(RigHeld, match="released"):
            store.captured(trial, clock.now(), 0.1)
        Database(db._engine, db._location).acquire_lease(RIG, other, clock.now())
        for ask in (run.propose, store.requested_stop, lambda: store.renew_lease(clock.now())):
            with pytest.raises(RigHeld, match=str(other.pid)):
                ask()
        store.finish(trial, TrialState.ABORTED, clock.now(), "taken")
    assert [row.state for row in db.rows(session_id)] == ["COMPLETE", "ABORTED"]


def test_the_guardian_takes_it_from_its_own_controller_alone(
    db: Database, other: Holder, clock: Any
) -> None:
    db.acquire_lease(RIG, other, clock.now())
    guardian = replace(ME, role="guardian", session_id=other.session_id)
    with pytest.raises(RigHeld):
        db.acquire_lease(RIG, replace(guardian, session_id="9" * 32), clock.now())
    with pytest.raises(RigHeld):
        db.acquire_lease(RIG, replace(guardian, role="controller"), clock.now())
    db.acquire_lease(RIG, guardian, clock.now())
    assert _row(db)["role"] == "guardian"
    with pytest.raises(RigHeld, match="held by a guardian"):
        db.acquire_lease(RIG, other, clock.now())
    assert db.release_lease(RIG, guardian)
    db.acquire_lease(RIG, other, clock.now())


def test_only_the_holder_releases(db: Database, other: Holder, clock: Any) -> None:
    db.acquire_lease(RIG, other, clock.now())
    assert not db.release_lease(RIG, ME)
    assert db.release_lease(RIG, other)
    with pytest.raises(RigHeld, match="released"):
        db.renew_lease(RIG, other, clock.now())


def test_the_store_renews_what_its_process_holds(db: Database, session_id: str, clock: Any) -> None:
    with db.store(session_id, controller="a", clock=clock) as store:
        store.renew_lease(clock.now())  # holds nothing: nothing to renew
        db.acquire_lease(RIG, ME, clock.now())
        before = _row(db)["renewed_at"]
        store.renew_lease(clock.now() + timedelta(seconds=30))
        assert str(_row(db)["renewed_at"]) > str(before)
        db.acquire_lease(RIG, ME, clock.now())
        db.release_lease(RIG, ME)
        store.renew_lease(clock.now())
