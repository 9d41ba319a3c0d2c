"""A session in a process of its own whose database goes away, and which is killed meanwhile."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from tests.hil.planted_rig import RIG, lit_mw, plant
from tests.hil.session_bench import Bench, n_complete, start, wait_for
from tests.hil.small_session import SESSION


def journals(bench: Bench) -> list[Path]:
    return list((bench.folder / "hil-frames" / "control").glob("*/journal-*.jsonl"))


def ended(bench: Bench) -> bool:
    return any('"finished_at": "2' in path.read_text(encoding="utf-8") for path in journals(bench))


def test_nothing_measured_is_lost_by_a_kill_while_the_database_is_locked(bench: Bench) -> None:
    environ = plant(bench.folder)
    bench.write(RIG, SESSION.replace("trials = 6", "trials = 8"))
    process = start(bench, "run", "session.toml", environ=environ)
    wait_for(lambda: n_complete(bench) >= 1)
    with contextlib.closing(sqlite3.connect(bench.folder / "hil.db", timeout=60)) as connection:
        for _ in range(40):  # until it strikes in the middle of a trial
            connection.execute("BEGIN EXCLUSIVE")
            (last,) = connection.execute(
                "select state from trial order by number desc limit 1"
            ).fetchone()
            if last in ("PROPOSED", "CAPTURED"):
                break
            connection.rollback()
        (number,) = connection.execute("select max(number) from trial").fetchone()
        wait_for(lambda: ended(bench))
        wait_for(lambda: lit_mw(bench.folder) == 0.0, 20)
        process.kill()
        process.communicate()
        connection.rollback()
    again = start(bench, "resume", environ=environ)
    _, said = again.communicate(timeout=300)
    assert again.returncode == 0, said
    states = bench.states()
    assert states == ["COMPLETE"] * 8
    assert journals(bench) == []
    kinds = bench.events()
    assert kinds.count("replayed") == 1
    with bench.database() as database:
        assert len(database.estimates("last")) == 8
        assert database.verify("last") == []
        assert database.frames("last", number).size > 0
