"""One controller to a rig."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from hil.clock import SystemClock
from hil.errors import RigHeld
from hil.records.session import Snapshot
from hil.rig.plan import Plan
from hil.spec import load_rig_file
from hil.supervision.lease import hold
from tests.hil.session_bench import Bench


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
        hold(plan, None, None, "controller", SystemClock()),
        pytest.raises(RigHeld, match=f"is held by the controller with pid {os.getpid()}"),
        hold(plan, None, None, "guardian", SystemClock()),
    ):
        pass
    with hold(plan, None, None, "guardian", SystemClock()):
        pass
