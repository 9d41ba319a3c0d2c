"""Who loses a rig to another process parks and ends at once, with status 3."""

from __future__ import annotations

import contextlib
import copy
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

import filelock
import pytest
from sqlalchemy import text

from hil.errors import RigHeld
from hil.records.session import Snapshot
from tests.hil.plain_scope import PLAIN_RIG
from tests.hil.planted_rig import RIG as PLANTED_RIG
from tests.hil.planted_rig import plant
from tests.hil.session.test_driver_faults import faulty_rig
from tests.hil.session_bench import Bench, n_complete, start, wait_for
from tests.hil.small_session import RIG, SESSION

THIEF = (
    "UPDATE lease SET host = 'far away', pid = 4711, token = 'thief', session_id = :session,"
    " acquired_at = '2026-01-01 00:00:00'"
)


def steal(bench: Bench, session: str | None = None) -> None:
    """Write down another holder, as one does who took this one for dead."""
    with bench.database() as database, database._writing() as connection:
        connection.execute(text(THIEF), {"session": session})


def test_it_ends_before_the_next_trial(bench: Bench) -> None:
    bench.write(RIG, SESSION.replace("trials = 6", "trials = 60"))

    def taken(snapshot: Snapshot) -> None:
        if snapshot.number == 3 and snapshot.state == "COMPLETE":
            steal(bench)

    with pytest.raises(RigHeld, match=r"held by a controller on far away \(process 4711\) since"):
        bench.run(observer=taken)
    assert bench.states() == ["COMPLETE"] * 4
    with bench.database() as database:
        record = database.session("last")
        assert (record.state, "far away" in record.reason) == ("FAILED", True)
        assert len(database.sql("SELECT * FROM lease")) == 1, "the other's lease stays"
    assert bench.events()[-1] == "park"


def test_what_is_in_work_is_aborted_and_not_failed(bench: Bench) -> None:
    def taken(snapshot: Snapshot) -> None:
        if snapshot.number == 2 and snapshot.field == 2:
            steal(bench)

    with pytest.raises(RigHeld):
        bench.run(observer=taken)
    assert bench.states() == ["COMPLETE", "COMPLETE", "ABORTED"]


def test_a_long_command_is_left_within_seconds(bench: Bench) -> None:
    """A stage on its way for ten minutes: the lamp is dark and the rest parked long before."""
    fault = 'fault = "hang"\nhang_s = 600\ndevice = "focus"\ncall = "settle"\nat = [3]'
    patient = RIG.replace('camera = "camera"\n', 'camera = "camera"\ncall_timeout_s = 900\n')
    bench.write(faulty_rig(fault, rig=patient), SESSION)

    def taken(snapshot: Snapshot) -> None:
        if snapshot.number == 2 and snapshot.state == "PROPOSED":
            threading.Timer(1.0, steal, [bench]).start()

    began_s = time.monotonic()
    with pytest.raises(RigHeld):
        bench.run(observer=taken)
    assert time.monotonic() - began_s < 120
    assert "ABORTED" in bench.states()
    assert "park" in bench.events()


def test_who_took_it_for_the_same_session_says_how_that_ends(bench: Bench) -> None:
    def taken(snapshot: Snapshot) -> None:
        if snapshot.number == 1 and snapshot.field == 2:
            with bench.database() as database:
                session = database.session("last").id
            steal(bench, session)

    with pytest.raises(RigHeld):
        bench.run(observer=taken)
    with bench.database() as database:
        assert database.session("last").state == "RUNNING"
    assert bench.events()[-1] == "park"


def test_the_program_ends_with_status_3_and_one_line(bench: Bench) -> None:
    bench.write(PLAIN_RIG, SESSION.replace("trials = 6", "trials = 2000"))
    process = start(bench, "run", "session.toml", environ=plant(bench.folder))
    wait_for(lambda: n_complete(bench) >= 2)
    steal(bench)
    before = n_complete(bench)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 3
    (line,) = [line for line in said.splitlines() if line.startswith("error")]
    assert (
        "is held by a controller on far away (process 4711) since 2026-01-01 00:00:00 UTC" in line
    )
    assert n_complete(bench) <= before + 2
    assert "FAILED" not in bench.states()
    assert bench.events()[-1] == "park"


class Running(NamedTuple):
    """A session under way, and where programs of its environment have their locks."""

    process: subprocess.Popen[str]
    temporary: Path
    environ: dict[str, str]


@pytest.fixture
def running(bench: Bench) -> Running:
    bench.write(PLANTED_RIG, SESSION.replace("trials = 6", "trials = 2000"))
    (bench.folder / "resources.txt").write_text("the-lamp-of-room-7", encoding="utf-8")
    temporary = bench.folder / "temporary"
    temporary.mkdir()
    names = dict.fromkeys(("TMPDIR", "TEMP", "TMP", "HIL_LOCKS"), str(temporary))
    environ = plant(bench.folder) | names
    process = start(bench, "run", "session.toml", environ=environ)
    wait_for(lambda: n_complete(bench) >= 2)
    return Running(process, temporary, environ)


def locked_files(temporary: Path) -> list[Path]:
    found = temporary.glob("hil-locks*/*.lock")
    return [path for path in found if not path.name.startswith("life-")]


@pytest.mark.skipif(sys.platform == "win32", reason="a file that is locked cannot be deleted")
def test_who_sweeps_the_folder_for_temporary_files_lets_no_second_one_in(
    bench: Bench, running: Running
) -> None:
    process, temporary, environ = running
    n_files = len(locked_files(temporary))
    for folder in temporary.glob("hil-locks*"):
        shutil.rmtree(folder)
    wait_for(lambda: len(locked_files(temporary)) == n_files)
    elsewhere = copy.copy(bench)
    elsewhere.url = f"sqlite:///{(bench.folder / 'other.db').as_posix()}"
    other = start(elsewhere, "run", "session.toml", environ=environ)
    _, said = other.communicate(timeout=60)
    assert other.returncode == 3
    assert f"is held by the controller with pid {process.pid} on" in said
    before = n_complete(bench)
    wait_for(lambda: n_complete(bench) > before)
    process.terminate()
    process.communicate(timeout=60)
    assert bench.events()[-1] == "park"


@pytest.mark.skipif(sys.platform == "win32", reason="a file that is locked cannot be replaced")
def test_who_finds_that_another_took_its_lock_ends_before_the_next_command(
    bench: Bench, running: Running
) -> None:
    process, temporary, _ = running
    with contextlib.ExitStack() as stack:
        for path in locked_files(temporary):
            mine = path.with_suffix(".other")
            stack.enter_context(filelock.FileLock(mine, timeout=0))
            mine.replace(path)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "the lock on its hardware was deleted, and somebody else holds it now" in said
    assert "FAILED" not in bench.states()
