"""Moves that wait for a person: which, and what becomes of them."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from drivers.types import Value
from hil.session.control.approval import ApprovalPolicy
from hil.spec import Approval
from tests.hil.planted_rig import RIG, lit_mw, plant
from tests.hil.session.test_driver_faults import faulty_rig
from tests.hil.session_bench import Bench, session_state, start, wait_for
from tests.hil.small_session import SESSION


@dataclass
class Case:
    name: str
    present: Value
    wanted: Value
    beyond: str


STEPS = [
    Case("within the step", 1.0, 1.5, ""),
    Case("the step itself", 0.1, 0.6, ""),
    Case("beyond, upwards", 1.0, 1.6, "from 1 to 1.6"),
    Case("beyond, downwards", 1.0, -3.0, "from 1 to -3"),
    Case("from what is no place", float("nan"), 1.0, "from nan to 1"),
]
NAMED = [
    Case("no move", 2.0, 2.0, ""),
    Case("rounding", 0.1 + 0.2, 0.3, ""),
    Case("any move", 2.0, 2.001, "from 2 to 2.001"),
    Case("words", "FITC", "DAPI", "from FITC to DAPI"),
    Case("the same word", "FITC", "FITC", ""),
]


def policy(spec: Approval, present: Value) -> ApprovalPolicy:
    return ApprovalPolicy(spec, {"a.alias": "a.real"}, lambda names: {"a.real": present})


@pytest.mark.parametrize("case", STEPS, ids=lambda case: case.name)
def test_a_step_has_a_size(case: Case) -> None:
    found = policy(Approval(steps={"a.alias": 0.5}), case.present).beyond({"a.real": case.wanted})
    assert found == ({"a.real": case.beyond} if case.beyond else {})


@pytest.mark.parametrize("case", NAMED, ids=lambda case: case.name)
def test_a_named_setting_waits_for_every_move(case: Case) -> None:
    found = policy(Approval(settings=("a.alias",)), case.present).beyond({"a.real": case.wanted})
    assert found == ({"a.real": case.beyond} if case.beyond else {})


def test_steps_are_from_where_the_device_is_now() -> None:
    now = {"a.real": 0.0}
    asked = ApprovalPolicy(Approval(steps={"a.alias": 1.0}), {"a.alias": "a.real"}, lambda n: now)
    assert asked.beyond({"a.real": 2.0})
    now["a.real"] = 1.5
    assert asked.beyond({"a.real": 2.0, "b.other": 9.0}) == {}
    assert asked.watches({"a.real": 2.0}) and not asked.watches({"b.other": 9.0})
    assert not ApprovalPolicy(None, {}, lambda n: now).watches({"a.real": 9.0})


def test_a_move_that_failed_on_its_way_counts_as_one(tmp_path: Path) -> None:
    """The mirror got there, and then the focus raised: the next trial goes from there."""
    bench, step = Bench(tmp_path), 60.0
    fault = 'fault = "os_error"\ncall = "settle"\ndevice = "focus"\nat = [2, 3, 5, 6]'
    waits = f'\n[approval]\nsteps = {{ "mirror.z5_nm" = {step} }}\ntimeout_s = 0.05\n'
    bench.write(faulty_rig(fault), SESSION + waits)
    bench.run(trials=12)
    with bench.database() as database:
        rows = database.rows("last")
    here, failed = 0.0, 0
    for row in rows:
        there = float(row.requested.get("mirror.z5_nm", here))
        assert (str(row.state) == "PRUNED") == (abs(there - here) > step), (row.number, here, there)
        failed += str(row.state) == "FAILED"
        here = here if str(row.state) == "PRUNED" else there
    assert failed == 4


# --- in a process of its own ---------------------------------------------------------------------

WAITS = SESSION.replace("trials = 6", "trials = 2") + '\n[approval]\nsettings = ["mirror.z5_nm"]\n'


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture
def environ(bench: Bench) -> dict[str, str]:
    bench.write(RIG, WAITS)
    return plant(bench.folder)


@pytest.fixture
def waiting(bench: Bench, environ: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Measures the start as it is; trial 1 moves the mirror and waits."""
    process = start(bench, "run", "session.toml", environ=environ)
    wait_for(lambda: (bench.folder / "hil.db").exists() and "paused" in kinds(bench))
    yield process
    process.kill()
    process.communicate()


def kinds(bench: Bench) -> list[str]:
    with contextlib.suppress(Exception):
        return bench.events()
    return []


def command(bench: Bench, environ: dict[str, str], *arguments: str) -> tuple[int, str]:
    process = start(bench, *arguments, environ=environ)
    _, said = process.communicate(timeout=90)
    return process.returncode, said


def last_trial(bench: Bench) -> Any:
    with bench.database() as database:
        return database.trials("last", sort="number").iloc[1]


def test_it_waits_in_the_dark_and_is_measured_when_somebody_approves(
    bench: Bench, environ: dict[str, str], waiting: subprocess.Popen[str]
) -> None:
    assert (session_state(bench), lit_mw(bench.folder)) == ("PAUSED", 0.0)
    assert bench.states() == ["COMPLETE", "PROPOSED"]
    with bench.database() as database:
        said = database.session("last").reason
    assert said.startswith("trial 1 waits for approval: mirror.z5_nm from ")
    status, said = command(bench, environ, "approve", "last", "7")
    assert (status, said) == (2, "error: TRIAL: 7: allowed: 1\n")
    assert command(bench, environ, "approve", "last", "1", "--why", "looks fine")[0] == 0
    waiting.communicate(timeout=90)
    assert waiting.returncode == 0
    assert bench.states() == ["COMPLETE", "COMPLETE"]
    with bench.database() as database:
        events = database.events("last")
    audit = dict(zip(events["kind"], events["detail"], strict=True))["verdict"]
    assert (audit["trial"], audit["verdict"], audit["why"]) == (1, "approved", "looks fine")
    assert "@" in audit["by"]
    assert list(audit["moves"]) == ["mirror.z5_nm"]
    approved = events[events["kind"] == "approved"]
    assert list(approved["number"]) == [1], "the request itself is kept, with its time"
    assert command(bench, environ, "approve")[0] == 2


def test_what_is_refused_is_not_measured_though_the_database_is_locked(
    bench: Bench, environ: dict[str, str], waiting: subprocess.Popen[str]
) -> None:
    with contextlib.closing(sqlite3.connect(bench.folder / "hil.db", timeout=60)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        status, said = command(bench, environ, "approve", "--refuse")
        assert status == 0
        assert "was asked by a file" in said
        connection.rollback()
    waiting.communicate(timeout=90)
    assert waiting.returncode == 0
    row = last_trial(bench)
    assert row["state"] == "PRUNED"
    assert row["reason"].startswith("refused by ")
    assert "verdict" in kinds(bench)


def test_what_nobody_approves_is_refused(bench: Bench) -> None:
    environ = plant(bench.folder)
    bench.write(RIG, f"{WAITS}timeout_s = 1\n")
    status, said = command(bench, environ, "run", "session.toml")
    assert status == 0, said
    row = last_trial(bench)
    assert row["state"] == "PRUNED"
    assert row["reason"].startswith("nobody approved it within 1 s: mirror.z5_nm from ")
    assert "approval_timeout" in kinds(bench)
    assert lit_mw(bench.folder) == 0.0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends a process no SIGTERM")
def test_a_signal_ends_the_wait(bench: Bench, waiting: subprocess.Popen[str]) -> None:
    waiting.terminate()
    waiting.communicate(timeout=60)
    assert waiting.returncode == 130
    assert bench.states() == ["COMPLETE", "ABORTED"]
    assert (session_state(bench), lit_mw(bench.folder)) == ("STOPPED", 0.0)
