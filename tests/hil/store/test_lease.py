"""One process to a rig: who gets it, who is told what, and who loses it."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import psutil
import pytest

from hil.errors import RigHeld
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


def test_a_number_used_again_is_another_process(db: Database, other: Holder, clock: Any) -> None:
    earlier = replace(other, process_created=other.process_created - 3600)
    db.acquire_lease(RIG, earlier, clock.now())
    db.acquire_lease(RIG, ME, clock.now())
    assert _row(db)["pid"] == os.getpid()


def test_another_host_loses_it_by_silence(db: Database, clock: Any) -> None:
    far = Holder("far away", 1, 1.0)
    now: datetime = clock.now()
    db.acquire_lease(RIG, far, now)
    db.renew_lease(RIG, far, now + timedelta(seconds=60))
    with pytest.raises(RigHeld, match="far away"):
        db.acquire_lease(RIG, ME, now + timedelta(seconds=179))
    db.acquire_lease(RIG, ME, now + timedelta(seconds=181))
    with pytest.raises(RigHeld, match="is held by"):
        db.renew_lease(RIG, far, now + timedelta(seconds=182))


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
