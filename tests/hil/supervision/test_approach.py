"""Who comes to a rig that a dead predecessor left lit makes it dark first, or its guardian does."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
import threading
import time

import pytest

from hil.clock import SystemClock
from hil.errors import RigHeld
from hil.rig.plan import Plan
from hil.spec import load_rig_file
from hil.store import open_database
from hil.supervision import guardian_process
from hil.supervision.approach import approached
from hil.supervision.driver_by_driver import DriversParked
from hil.supervision.guardian import Orders
from hil.supervision.lease import is_left_behind, place_of
from tests.hil.planted_rig import RIG, ask_for, lit_mw, plant, wait_until_dark
from tests.hil.session_bench import Bench, start
from tests.hil.small_session import SESSION

# Who held the rig, lit its lamp, and was killed together with its guardian.
LIGHTS = """
import os, sys
from pathlib import Path
from hil.clock import SystemClock
from hil.rig.plan import Plan
from hil.spec import load_rig_file
from hil.supervision.lease import hold, place_of
from tests.hil.planted_rig import LIT, Lamp

plan = Plan(load_rig_file("rig.toml"))
with hold(plan, "controller", SystemClock(), place=place_of(sys.argv[1])):
    Lamp(Path.cwd()).start({LIT: 5.0})
    os._exit(9)
"""
# A program to which something happens in a call of one of its functions.
STRUCK = """
import importlib, os, sys

module, owner, name, happens = sys.argv[1].split()
target = importlib.import_module(module)
target = target if owner == "-" else getattr(target, owner)

def struck(*arguments, **named):
    if happens == "dies":
        os._exit(9)
    raise KeyboardInterrupt

setattr(target, name, struck)
from hil.cli.main import main
main(sys.argv[2:])
"""
INSTANTS = {
    "killed before it is dark": "hil.supervision.approach - park_driver_by_driver dies",
    "interrupted before it is dark": "hil.supervision.approach - park_driver_by_driver interrupted",
    "killed at the locks": "hil.supervision.approach - hold dies",
}


@pytest.fixture
def planted(bench: Bench) -> dict[str, str]:
    bench.write(RIG, SESSION)
    return plant(bench.folder)


def run_script(
    bench: Bench, environ: dict[str, str], text: str, *arguments: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-c", text, *arguments],
        cwd=bench.folder,
        env=environ,
        check=False,
        capture_output=True,
    )


@pytest.fixture
def left_lit(bench: Bench, planted: dict[str, str]) -> dict[str, str]:
    died = run_script(bench, planted, LIGHTS, bench.url)
    assert died.returncode == 9, died.stderr
    assert lit_mw(bench.folder) == 5.0
    return planted


@pytest.mark.parametrize("instant", INSTANTS)
def test_a_guardian_that_is_only_starting_puts_out_what_was_left_lit(
    instant: str, bench: Bench, left_lit: dict[str, str]
) -> None:
    struck = INSTANTS[instant]
    died = run_script(bench, left_lit, STRUCK, struck, "run", "session.toml", "--db", bench.url)
    assert died.returncode, died.stderr
    wait_until_dark(bench.folder)


@pytest.mark.parametrize("command", [("run", "session.toml"), ("park", "rig.toml")])
def test_neither_a_database_nor_a_driver_is_waited_for(
    command: tuple[str, str], bench: Bench, left_lit: dict[str, str]
) -> None:
    """The file is locked by another program, and the camera's link hangs."""
    open_database(bench.url, create=True).close()
    ask_for(bench.folder, "microscope open hangs")
    with contextlib.closing(sqlite3.connect(bench.folder / "hil.db", timeout=60)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        process = start(bench, *command, environ=left_lit)
        try:
            wait_until_dark(bench.folder)
            assert process.poll() is None
        finally:
            process.kill()
            process.communicate()
        connection.rollback()


@pytest.mark.parametrize(
    "command",
    [
        ("resume", "last", "--trials", "2"),
        ("apply", "last", "--best"),
        ("replay", "last", "--on", "rig.toml"),
    ],
)
def test_the_rig_of_a_session_is_dark_before_the_database_names_it(
    command: tuple[str, ...], bench: Bench, planted: dict[str, str]
) -> None:
    """Who drove it last left a note on this computer; the database is locked by another program."""
    done = start(bench, "run", "session.toml", "--trials", "1", environ=planted)
    _, said = done.communicate(timeout=60)
    assert done.returncode == 0, said
    assert run_script(bench, planted, LIGHTS, bench.url).returncode == 9
    with contextlib.closing(sqlite3.connect(bench.folder / "hil.db", timeout=60)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        process = start(bench, *command, environ=planted)
        try:
            wait_until_dark(bench.folder)
            assert process.poll() is None
        finally:
            connection.rollback()
            process.communicate(timeout=60)
    with bench.database() as database:
        told = database.sql("SELECT count(*) AS n FROM event WHERE kind = 'left_behind'")["n"][0]
    assert told == 1
    assert process.returncode == 0


def test_a_driver_that_cannot_be_opened_keeps_no_other_lit(
    bench: Bench, left_lit: dict[str, str]
) -> None:
    ask_for(bench.folder, "microscope open fails")
    process = start(bench, "run", "session.toml", environ=left_lit)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 1
    assert lit_mw(bench.folder) == 0.0
    assert "light.power_mw: its driver was not reached" in said


def test_who_is_refused_leaves_the_rig_alone(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also once it has left: its guardian knew of a rig that it never came to."""
    parked: list[Plan] = []

    def park(plan: Plan) -> DriversParked:
        parked.append(plan)
        return DriversParked()

    monkeypatch.setattr(guardian_process, "park_driver_by_driver", park)
    file = load_rig_file(bench.folder / "rig.toml")
    orders = Orders(str(file.path), file.text, bench.url, "", None, pid=0, moves=False)
    with (
        approached(file, bench.url, SystemClock()) as approach,
        pytest.raises(RigHeld),
        approached(file, bench.url, SystemClock()),
    ):
        pass
    assert not approach.left_behind
    guardian_process.park_after(orders, approach.plan, "the controller died")
    assert not parked


def test_what_was_left_behind_is_dark_once(
    bench: Bench, left_lit: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(bench.folder)
    file = load_rig_file(bench.folder / "rig.toml")
    assert is_left_behind(Plan(file), place_of(bench.url))
    began_s = time.time()
    for left in (True, False):
        with approached(file, bench.url, SystemClock()) as approach:
            assert approach.left_behind is left
            assert lit_mw(bench.folder) == 0.0
    assert wait_until_dark(bench.folder) > began_s


def test_who_dies_slowly_is_parked_for(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its pipe is closed already, and its locks are not."""
    parked: list[Plan] = []

    def park(plan: Plan) -> DriversParked:
        parked.append(plan)
        return DriversParked()

    monkeypatch.setattr(guardian_process, "park_driver_by_driver", park)
    monkeypatch.setattr(guardian_process, "_write_down", lambda *what: None)
    file = load_rig_file(bench.folder / "rig.toml")
    orders = Orders(str(file.path), file.text, bench.url, "", None, pid=0)
    with contextlib.ExitStack() as dying:
        dying.enter_context(approached(file, bench.url, SystemClock()))
        timer = threading.Timer(1.0, dying.close)
        timer.start()
        guardian_process.park_after(orders, Plan(file), "the controller died")
        timer.join()
    assert len(parked) == 1
