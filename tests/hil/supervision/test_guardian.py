"""A controller that dies or hangs: its guardian parks."""

from __future__ import annotations

import contextlib
import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import psutil
import pytest

from hil.records.trial import TrialState
from hil.rig import driver_kinds
from hil.supervision.guardian import GuardianProcess, Orders
from tests.hil.planted_rig import RIG as PLANTED_RIG
from tests.hil.planted_rig import ask_for, lit_mw, plant, wait_until_dark
from tests.hil.session_bench import Bench, n_complete, session_state, start, wait_for
from tests.hil.small_session import RIG, SESSION


def test_a_killed_session_is_parked_by_its_guardian_and_resumed(bench: Bench) -> None:
    bench.write(RIG, SESSION.replace("trials = 6", "trials = 12"))
    process = start(bench, "run", "session.toml")
    wait_for(lambda: n_complete(bench) >= 3)
    process.kill()
    process.communicate()
    wait_for(lambda: session_state(bench) == "STALE")
    assert bench.events()[-1] == "guardian_park"
    done = {}
    with bench.database() as database:
        for row in database.rows("last"):
            if row.state is TrialState.COMPLETE:
                done[row.number] = (dict(row.requested), row.objectives)
    result = bench.resume()
    assert result.n_complete == 12
    with bench.database() as database:
        rows = database.rows("last")
        assert database.verify("last") == []
    assert not [row for row in rows if not row.state.ended]
    for number, (requested, objectives) in done.items():
        assert rows[number].requested == requested
        assert rows[number].objectives == objectives
    points = [json.dumps(dict(row.requested)) for row in rows if row.state == "COMPLETE"]
    assert len(set(points)) == 12


# Freezes, lit, once it is asked to. From then on 1.5 s of silence count, and not before: a machine
# that has other work keeps whoever is well silent for longer.
FROZEN = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path

import hil.session.run
from hil.supervision.guardian import Guardian
from tests.hil.planted_rig import lit_mw

real = Guardian.heartbeat

def heartbeat(guardian):
    real(guardian)
    if Path("freeze").exists() and guardian.guards and lit_mw(Path.cwd()) == 5.0:
        guardian._process.order(replace(guardian._orders, hang_s=1.5))
        guardian._process.told.wait()
        os.kill(os.getpid(), signal.SIGSTOP)

Guardian.heartbeat = heartbeat
hil.session.run.run_session("session.toml", sys.argv[1])
"""


@pytest.fixture
def planted(bench: Bench) -> dict[str, str]:
    """A session on a lamp that outlives its process; the environment to run it in."""
    bench.write(PLANTED_RIG, SESSION.replace("trials = 6", "trials = 500"))
    return plant(bench.folder)


@pytest.fixture
def lit(bench: Bench, planted: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """The session's process, in its second trial."""
    process = start(bench, "run", "session.toml", environ=planted)
    try:
        wait_for(lambda: n_complete(bench) >= 1)
        wait_for(lambda: lit_mw(bench.folder) == 5.0)  # on a busy machine it is dark in between
        yield process
    finally:
        process.kill()
        process.communicate()


def guardian_of(process: subprocess.Popen[str]) -> psutil.Process:
    children = psutil.Process(process.pid).children()
    return next(c for c in children if any("guardian" in word for word in c.cmdline()))


@contextlib.contextmanager
def locked(bench: Bench) -> Iterator[None]:
    with contextlib.closing(sqlite3.connect(bench.folder / "hil.db", timeout=60)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield
        connection.rollback()


@pytest.mark.parametrize(
    ("trouble", "database"),
    [("fails", contextlib.nullcontext), ("hangs", locked)],
    ids=["fails", "hangs, and the database is locked"],
)
def test_neither_a_driver_that_cannot_be_opened_again_nor_the_database_keeps_a_lamp_lit(
    trouble: str,
    database: Callable[[Bench], contextlib.AbstractContextManager[None]],
    bench: Bench,
    lit: subprocess.Popen[str],
) -> None:
    ask_for(bench.folder, f"microscope open {trouble}")
    with database(bench):
        killed_at = time.time()
        lit.kill()
        assert wait_until_dark(bench.folder) - killed_at < 2.0
    wait_for(lambda: "park_failed" in bench.events())
    events = dict(zip(*bench.details(), strict=True))
    assert list(events["guardian_park"]["unreachable"]) == ["driver.0: planted.microscope"]
    assert events["park_failed"] == {"light.power_mw": "its driver was not reached"}
    wait_for(lambda: session_state(bench) == "STALE")


def test_a_guardian_that_is_killed_is_replaced_and_until_then_the_sample_is_dark(
    bench: Bench, lit: subprocess.Popen[str]
) -> None:
    """And the lamp is out within two seconds of a death, also of one that nobody reaps."""
    first, killed_at = guardian_of(lit), time.time()
    first.kill()
    assert wait_until_dark(bench.folder) - killed_at < 2.0
    wait_for(lambda: "guardian_lost" in bench.events())
    wait_for(lambda: lit_mw(bench.folder) == 5.0)
    assert guardian_of(lit).pid != first.pid
    assert not {"FAILED", "ABORTED"} & set(bench.states()), "it was measured again"
    killed_at = time.time()
    lit.kill()  # and is a zombie until the end of the test
    assert wait_until_dark(bench.folder) - killed_at < 2.0, "lit, so that one watched"
    wait_for(lambda: session_state(bench) == "STALE")
    with bench.database() as database:
        event = database.events("last").iloc[-1]
    assert event["kind"] == "guardian_park"
    assert event["detail"]["dark_after_s"] < 2.0


def test_after_a_kill_of_both_at_one_instant_the_next_command_parks_first(
    bench: Bench, planted: dict[str, str], lit: subprocess.Popen[str]
) -> None:
    guardian = guardian_of(lit)
    guardian.suspend()  # so that neither of them gets to anything
    lit.kill()
    guardian.kill()
    lit.wait()
    assert lit_mw(bench.folder) == 5.0
    killed_at = time.time()
    check = start(bench, "park", "rig.toml", environ=planted)
    _, said = check.communicate(timeout=60)
    assert check.returncode == 0
    assert "'planted scope'" in said
    assert wait_until_dark(bench.folder) > killed_at
    with bench.database() as database:
        assert list(database.events()["kind"])[-2:] == ["left_behind", "park"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot stop a process")
def test_a_controller_that_is_frozen_is_ended_and_the_rig_parked(
    bench: Bench, planted: dict[str, str]
) -> None:
    (bench.folder / "frozen.py").write_text(FROZEN, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "frozen.py", bench.url],
        cwd=bench.folder,
        env=planted,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: n_complete(bench) >= 1, seconds=240)
        (bench.folder / "freeze").touch()
        stopped = (psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE)
        wait_for(lambda: psutil.Process(process.pid).status() in stopped)
        wait_until_dark(bench.folder)
        assert process.wait(timeout=20) == -signal.SIGKILL
    finally:
        process.kill()
        process.wait()
    wait_for(lambda: session_state(bench) == "STALE")
    kinds, details = bench.details()
    parked = [
        detail for kind, detail in zip(kinds, details, strict=True) if kind == "guardian_park"
    ]
    assert [one["why"] for one in parked] == ["the controller made no progress for 1.5 s"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot stop a process")
def test_who_is_stopped_holds_the_rig_and_goes_on_where_it_was(
    bench: Bench, planted: dict[str, str], lit: subprocess.Popen[str]
) -> None:
    """A virtual machine that is paused: nobody else is let in, and nobody is taken for dead."""
    both = guardian_of(lit), psutil.Process(lit.pid)
    for one in both:
        one.suspend()
    try:
        other = start(bench, "park", "rig.toml", environ=planted)
        _, said = other.communicate(timeout=60)
        before = n_complete(bench)
    finally:
        for one in both:
            one.resume()
    assert other.returncode == 3, said
    wait_for(lambda: n_complete(bench) > before)
    assert lit.poll() is None
    assert guardian_of(lit).pid == both[0].pid
    assert bench.events() == ["setup"], "no park, and no other guardian"


def test_one_guardian_serves_one_session_after_another(bench: Bench) -> None:
    bench.run(trials=1)
    before = {child.pid for child in psutil.Process().children()}
    bench.run(trials=1)
    assert {child.pid for child in psutil.Process().children()} == before


def test_one_that_ends_just_as_it_is_given_orders_is_replaced(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has idled for long enough; nobody can tell before it has been asked."""
    ended: list[int] = []
    order = GuardianProcess.order

    def ends(guardian: GuardianProcess, orders: Orders) -> None:
        if orders.moves and not ended:
            ended.append(guardian.process.pid)
            guardian.process.kill()
            guardian.process.wait()
        order(guardian, orders)

    monkeypatch.setattr(GuardianProcess, "order", ends)
    assert bench.run(trials=1).state == "COMPLETE"
    assert ended
    assert bench.events() == ["setup", "park"]


def test_a_guardian_that_cannot_open_the_rig_is_an_event(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kind is known to this process alone."""
    monkeypatch.setitem(driver_kinds.BUILT_IN, "here", "sim.microscope:KIND")
    bench.write(RIG.replace("sim.microscope", "here"), SESSION)
    bench.run(trials=1)
    wait_for(lambda: "guardian_unfit" in bench.events())
