"""Drivers that do to the process what they must not: what was tried, and what the session survived.

    python benchmarks/hostile_drivers.py [--only close comma ...] [--trials 3]

Each deed of `tests/hil/session/hostile.py` is done at loading, at opening and at every call of all
devices of a small simulated microscope, in a session that is a program of its own. Survived: it
ends with status 0 and all trials COMPLETE, the rig parked last; standard output is its summary and
nothing of the driver's; all frames match their checksums; and the database is whole. Last, all
deeds at once. A deed that only some systems have does nothing elsewhere.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from hil import open_database
from hil.errors import HilError
from tests.hil.session.hostile import DEEDS, PROGRAM, hostile
from tests.hil.small_session import SESSION

ROOT = Path(__file__).parents[1]
PATIENCE_S = 240
EVERY = [*DEEDS, "all at once"]


class Broken(Exception):
    """Something that must hold does not."""


def attempt(deeds: Sequence[str], trials: int) -> None:
    """Run a session under such a driver.

    Raises
    ------
    Broken, HilError
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "rig.toml").write_text(hostile(*deeds), encoding="utf-8")
        session = SESSION.replace("trials = 6", f"trials = {trials}")
        (folder / "session.toml").write_text(session, encoding="utf-8")
        (folder / "program.py").write_text(PROGRAM, encoding="utf-8")
        try:
            done = subprocess.run(
                [sys.executable, "program.py", "run", "session.toml", "--db", "sqlite:///hil.db"],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                capture_output=True,
                timeout=PATIENCE_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Broken(f"it has not ended after {PATIENCE_S} s") from None
        _check(folder, done, trials)


def _check(folder: Path, done: subprocess.CompletedProcess[bytes], trials: int) -> None:
    said = done.stdout.decode(errors="replace")
    if done.returncode != 0:
        raise Broken(f"status {done.returncode}: {done.stderr[-300:]!r}")
    if f"{trials} complete of {trials}" not in said:
        raise Broken(f"its summary: {said[-300:]!r}")
    if "xxx" in said:
        raise Broken("what the driver prints is on standard output")
    with open_database(f"sqlite:///{(folder / 'hil.db').as_posix()}") as database:
        states = [str(row.state) for row in database.rows("last")]
        events = list(database.events("last")["kind"])
        wrong = database.verify("last")
    if states != ["COMPLETE"] * trials:
        raise Broken(f"trials: {states}")
    if events[-1] != "park":
        raise Broken(f"its last event is {events[-1]}")
    if wrong:
        raise Broken(f"frames that do not match: {wrong[:3]}")
    with closing(sqlite3.connect(folder / "hil.db")) as connection:
        if (found := connection.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
            raise Broken(f"the database: {found}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", nargs="*", choices=EVERY, default=EVERY)
    parser.add_argument("--trials", type=int, default=3)
    asked = parser.parse_args()
    print(f"{'what the driver does':24} {'tried':>6} {'survived':>9} {'took':>8}")
    survived = 0
    for name in asked.only:
        began_s, problem = time.monotonic(), ""
        try:
            attempt(list(DEEDS) if name == "all at once" else [name], asked.trials)
        except (Broken, HilError) as error:
            problem = f"\n    {error}"
        survived += not problem
        took_s = time.monotonic() - began_s
        print(f"{name:24} {1:6} {int(not problem):9} {took_s:6.1f} s{problem}", flush=True)
    print(f"{'together':24} {len(asked.only):6} {survived:9}")
    sys.exit(survived < len(asked.only))


if __name__ == "__main__":
    main()
