"""A controller that dies or hangs: its guardian parks."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import psutil

from hil.records.trial import TrialState
from tests.hil.session_bench import Bench, n_complete, session_state, start, wait_for
from tests.hil.small_session import RIG, SESSION


def test_a_killed_session_is_parked_by_its_guardian_and_resumed(bench: Bench) -> None:
    bench.write(RIG, SESSION.replace("trials = 6", "trials = 30"))
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
    assert result.n_complete == 30
    with bench.database() as database:
        rows = database.rows("last")
        assert database.verify("last") == []
    assert not [row for row in rows if not row.state.ended]
    for number, (requested, objectives) in done.items():
        assert rows[number].requested == requested
        assert rows[number].objectives == objectives
    points = [json.dumps(dict(row.requested)) for row in rows if row.state == "COMPLETE"]
    assert len(set(points)) == 30


HANGING = """
import threading
from sim.microscope import KIND as REAL


class Kind:
    def options(self, table, folder):
        return table

    def resources(self, options):
        return ()

    def open(self, options):
        connection = REAL.open(REAL.options(dict(options), None))
        connection.devices["camera"].capture = lambda n, timeout_s: threading.Event().wait()
        return connection


KIND = Kind()
"""


HANG = """
import sys
from pathlib import Path

import hil.rig.driver_kinds
import hil.session.lifecycle
import hil.session.run
import hil.supervision.guardian
import hil.supervision.supervised

sys.path.insert(0, ".")
hil.rig.driver_kinds.BUILT_IN["hanging"] = "hanging_rig:KIND"
hil.session.lifecycle._command_s = lambda setup: 0.2
hil.supervision.supervised._GRACE_S = 0.0
real = hil.supervision.guardian.Orders
hil.supervision.supervised.Orders = lambda **orders: real(**orders, hang_s=1.0)
print("started", flush=True)
hil.session.run.run_session("session.toml", sys.argv[1])
"""


def test_a_hanging_driver_is_ended_by_the_guardian(bench: Bench) -> None:
    (bench.folder / "hanging_rig.py").write_text(HANGING, encoding="utf-8")
    (bench.folder / "hang.py").write_text(textwrap.dedent(HANG), encoding="utf-8")
    bench.write(RIG.replace("sim.microscope", "hanging"), SESSION)
    process = subprocess.Popen(
        [sys.executable, "hang.py", bench.url], cwd=bench.folder, stdout=subprocess.PIPE
    )
    assert process.wait(timeout=60) != 0
    assert process.stdout is not None
    process.stdout.close()
    assert not psutil.pid_exists(process.pid)
