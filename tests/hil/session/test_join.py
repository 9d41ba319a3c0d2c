"""Several controllers, each with its rig, on one PostgreSQL study; some of them are killed."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import hil
from hil.clock import SystemClock
from hil.errors import HilError
from hil.records.session import SessionState, Snapshot
from hil.records.trial import TrialRow, TrialState
from hil.supervision.stop import StopSwitch
from tests.hil.session_bench import Bench
from tests.hil.small_session import RIG, SESSION

TRIALS = 24


def start(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "hil.cli", *arguments],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def rows(url: str) -> list[TrialRow]:
    try:
        with hil.open_database(url) as database:
            return database.rows("last")
    except HilError:
        return []


def wait_until(url: str, controllers: int) -> None:
    """Wait until so many controllers have written trials."""
    deadline = time.monotonic() + 120
    while True:
        assert time.monotonic() < deadline
        if rows(url):
            with hil.open_database(url) as database:
                names = set(database.sql("select controller from trial")["controller"])
            if len(names) >= controllers:
                return
        time.sleep(0.1)


def test_none_is_lost_and_none_is_there_twice(tmp_path: Path, postgres_url: str) -> None:
    (tmp_path / "rig.toml").write_text(RIG, encoding="utf-8")
    second = RIG.replace("small scope", "second scope").replace("seed = 1", "seed = 2")
    (tmp_path / "second.toml").write_text(second, encoding="utf-8")
    session = SESSION.replace("trials = 6", f"trials = {TRIALS}")
    (tmp_path / "session.toml").write_text(session, encoding="utf-8")

    one = start(tmp_path, "run", "session.toml", "--db", postgres_url)
    wait_until(postgres_url, 1)
    two = start(tmp_path, "join", "last", "--rig", "second.toml", "--db", postgres_url)
    wait_until(postgres_url, 2)
    two.kill()
    two.wait()
    assert one.wait(timeout=180) == 0
    check(tmp_path, postgres_url)


def test_of_four_three_are_killed_at_any_moment(tmp_path: Path, postgres_url: str) -> None:
    session = SESSION.replace("trials = 6", f"trials = {TRIALS}")
    (tmp_path / "session.toml").write_text(session, encoding="utf-8")
    for number in range(4):
        rig = RIG.replace("small scope", f"scope {number}").replace("seed = 1", f"seed = {number}")
        name = "rig.toml" if number == 0 else f"rig{number}.toml"
        patient = rig.replace("[[driver]]", "call_timeout_s = 120\n[[driver]]")
        (tmp_path / name).write_text(patient, encoding="utf-8")

    running = [start(tmp_path, "run", "session.toml", "--db", postgres_url)]
    wait_until(postgres_url, 1)
    for number in range(1, 4):
        join = ("join", "last", "--rig", f"rig{number}.toml", "--db", postgres_url)
        running.append(start(tmp_path, *join))
    wait_until(postgres_url, 2)
    rng = random.Random(7)
    for process in running[:3]:
        time.sleep(rng.uniform(0, 0.5))
        process.kill()
        process.wait()
    assert running[3].wait(timeout=240) == 0
    check(tmp_path, postgres_url)


def check(folder: Path, url: str) -> None:
    """See that every trial is accounted for."""
    found = rows(url)
    complete = [row for row in found if row.state is TrialState.COMPLETE]
    assert len(complete) == TRIALS
    assert [row.number for row in found] == list(range(len(found)))
    assert len({json.dumps(dict(row.requested)) for row in complete}) == TRIALS
    assert all(row.state in (TrialState.COMPLETE, TrialState.STALE) for row in found)
    with hil.open_database(url, frames=folder / "hil-frames") as database:
        assert database.verify("last") == []
        assert database.session("last").state == "COMPLETE"


def test_who_joins_a_session_that_waits_waits_with_it_in_the_dark(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.run(trials=2)
    second = tmp_path / "second.toml"
    second.write_text(RIG.replace("small scope", "second scope"), encoding="utf-8")
    clock = SystemClock()
    seen: list[tuple[str, list[str]]] = []
    with bench.database() as database, database.store("last", controller="1", clock=clock) as first:
        first.session_state(SessionState.RUNNING, clock.now())
        why = "an interlock is open"
        first.announce(SessionState.PAUSED, clock.now(), why, "paused", {})

        def look(snapshot: Snapshot) -> None:
            seen.append((snapshot.note, bench.events()))
            if snapshot.note.startswith(f"PAUSED: {why}; "):
                first.announce(SessionState.RUNNING, clock.now(), "", "continued", {})

        result = bench.resume(join=True, rig=second, trials=4, observer=look)
    assert seen[0][1][2:] == ["paused"], "nothing was lit before"
    assert (result.state, bench.states()) == ("COMPLETE", ["COMPLETE"] * 4)
    assert bench.events()[2:] == ["paused", "continued", "setup", "park"]


def test_who_is_at_work_beside_one_that_waits_waits_too(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.write(RIG, SESSION.replace("trials = 6", "trials = 400"))
    clock, stop = SystemClock(), StopSwitch()
    n_trials: list[int] = []

    def look(snapshot: Snapshot) -> None:
        with bench.database() as database, database.store("last", controller="2", clock=clock) as o:
            if snapshot.state is TrialState.COMPLETE and not n_trials:
                n_trials.append(0)
                o.announce(SessionState.PAUSED, clock.now(), "two failures", "paused", {})
            elif snapshot.note.startswith("PAUSED: two failures") and len(n_trials) == 1:
                n_trials.append(len(bench.states()))
                o.announce(SessionState.RUNNING, clock.now(), "", "continued", {})
            elif not snapshot.note and len(n_trials) == 2:
                stop.press("seen enough")

    bench.run(observer=look, stop=stop)
    assert len(n_trials) == 2
    kinds = [kind for kind in bench.events() if kind in ("paused", "continued")]
    assert kinds == ["paused", "continued"], "who only waits with another says nothing of it"


def test_who_leaves_a_session_that_another_runs_does_not_end_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    second = tmp_path / "second.toml"
    second.write_text(RIG.replace("small scope", "second scope"), encoding="utf-8")
    between: list[str] = []

    def join(snapshot: Snapshot) -> None:
        if snapshot.state is not TrialState.COMPLETE or between:
            return
        between.append("the first has no trial in work")
        stop = StopSwitch()

        def once(seen: Snapshot) -> None:
            if seen.state is TrialState.COMPLETE:
                stop.press("seen enough")

        result = bench.resume(join=True, rig=second, observer=once, stop=stop)
        with bench.database() as database:
            between.extend((result.state, str(database.session("last").state)))

    result = bench.run(observer=join)
    assert between[1:] == ["STOPPED", "RUNNING"]
    assert (result.state, bench.states()) == ("COMPLETE", ["COMPLETE"] * 6)
    with bench.database() as database:
        assert database.session("last").state == "COMPLETE"
    kinds, details = bench.details()
    left = details[kinds.index("left")]
    assert (left["state"], left["why"]) == ("STOPPED", "seen enough")
    assert left["goes_on"] == ["small scope"]
