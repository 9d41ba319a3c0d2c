"""One controller to a rig."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from hil.clock import SystemClock
from hil.errors import RigHeld
from hil.records.session import Snapshot
from hil.rig.driver_kinds import BUILT_IN
from hil.rig.plan import Plan
from hil.spec import load_rig_file
from hil.supervision.lease import hold
from tests.hil.plain_scope import PLAIN_RIG
from tests.hil.planted_rig import plant
from tests.hil.session_bench import Bench, n_complete, wait_for
from tests.hil.small_session import SESSION


def test_a_rig_has_one_controller(bench: Bench) -> None:
    def try_another(snapshot: Snapshot) -> None:
        if snapshot.number == 1 and snapshot.field == 1:
            child = subprocess.run(
                [sys.executable, "-m", "hil.cli", "run", "session.toml", "--db", bench.url],
                cwd=bench.folder,
                capture_output=True,
                text=True,
                check=False,
            )
            assert child.returncode == 3
            assert str(os.getpid()) in child.stderr
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench.run(observer=try_another)
    with bench.database() as database:
        assert database.session("last").state == "FAILED"
    assert bench.events()[-1] == "park"


def test_a_lock_holds_the_hardware_where_there_is_no_database(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = f"port of {bench.folder}"
    monkeypatch.setattr(Plan, "resources", lambda plan: (port,))
    plan = Plan(load_rig_file(bench.folder / "rig.toml"))
    with (
        hold(plan, "controller", SystemClock()),
        pytest.raises(RigHeld, match=f"is held by the controller with pid {os.getpid()}"),
        hold(plan, "guardian", SystemClock()),
    ):
        pass
    with hold(plan, "guardian", SystemClock()):
        pass


OPENS = """
import sys
from pathlib import Path
import sim.microscope
from hil.cli import main

kind = type(sim.microscope.KIND)
opened = kind.open
def open_and_say(*args, **options):
    Path(sys.argv[1]).touch()
    return opened(*args, **options)
kind.open = open_and_say
main(["run", "session.toml", "--db", sys.argv[2]])
"""


def test_of_many_who_come_at_one_instant_one_runs_and_the_others_open_nothing(
    bench: Bench,
) -> None:
    """No database yet, drivers that name no hardware, eight processes: the worst way to begin."""
    patient = "call_timeout_s = 120\n[[driver]]"  # eight that begin at once make a slow machine
    bench.write(PLAIN_RIG.replace("[[driver]]", patient), SESSION)
    environ = plant(bench.folder)
    (bench.folder / "opens.py").write_text(OPENS, encoding="utf-8")
    processes = [
        subprocess.Popen(
            [sys.executable, "opens.py", f"opened-{number}", bench.url],
            cwd=bench.folder,
            env=environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(8)
    ]
    said = [process.communicate(timeout=300)[1] for process in processes]
    status = [process.returncode for process in processes]
    # One that was slow to start may have come when all was over, and run then.
    with bench.database() as database:
        n_sessions = len(database.sessions())
        ends = list(zip(database.sessions()["state"], database.sessions()["reason"], strict=True))
    assert {state for state, _ in ends} == {"COMPLETE"}, (ends, said)
    assert status.count(0) == n_sessions == len(list(bench.folder.glob("opened-*")))
    pids = {str(process.pid) for process, code in zip(processes, status, strict=True) if not code}
    for code, text in zip(status, said, strict=True):
        if code:
            assert code == 3, text
            (line,) = [line for line in text.splitlines() if line.startswith("error")]
            match = re.search(r"rig 'small scope' is held by .* (\d+) .*since \d{4}-\d\d", line)
            assert match, line
            assert match[1] in pids


FAR = """
import platform, sys, time
from datetime import timedelta
import psutil
import hil
from hil.clock import SystemClock

platform.node = lambda: "far away"
if sys.platform == "linux":
    read = psutil._pslinux.boot_time
    psutil._pslinux.boot_time = lambda: read() + 30

class Ahead(SystemClock):
    def now(self):
        return super().now() + timedelta(seconds=float(sys.argv[2]))

hil.run_session("session.toml", sys.argv[1], clock=Ahead(), observer=lambda _: time.sleep(0.05))
"""


@pytest.mark.parametrize("ahead_s", [300, -300])
def test_a_host_whose_clock_is_elsewhere_is_not_taken_for_dead(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, ahead_s: int
) -> None:
    """It has folders of its own too, so that only its counter shows that it lives."""
    monkeypatch.setitem(BUILT_IN, "plain.microscope", "tests.hil.plain_scope:KIND")
    bench.write(PLAIN_RIG, SESSION.replace("trials = 6", "trials = 100000"))
    (bench.folder / "far.py").write_text(FAR, encoding="utf-8")
    (own := bench.folder / "tmp").mkdir()
    far = subprocess.Popen(
        [sys.executable, "far.py", bench.url, str(ahead_s)],
        cwd=bench.folder,
        env={
            **plant(bench.folder),
            **dict.fromkeys(("TMPDIR", "TEMP", "TMP", "HIL_LOCKS"), str(own)),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: n_complete(bench) >= 1, 120)
        with pytest.raises(RigHeld, match=rf"far away \(process {far.pid}.*since") as caught:
            bench.run()
        assert caught.value.certain
        before = n_complete(bench)
        wait_for(lambda: n_complete(bench) > before + 2)
    finally:
        far.kill()
        far.wait()
