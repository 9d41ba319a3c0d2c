"""A folder with a small session's files, and what its process and its database show."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hil
from hil.errors import HilError
from tests.hil.small_session import RIG, SESSION


class Bench:
    """A folder with the two files, and the database that sessions leave there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"sqlite:///{(folder / 'hil.db').as_posix()}"
        self.write(RIG, SESSION)

    def write(self, rig: str, session: str) -> None:
        (self.folder / "rig.toml").write_text(rig, encoding="utf-8")
        (self.folder / "session.toml").write_text(session, encoding="utf-8")

    def run(self, **options: Any) -> hil.SessionResult:
        return hil.run_session(self.folder / "session.toml", self.url, **options)

    def resume(self, **options: Any) -> hil.SessionResult:
        return hil.resume_session("last", self.url, **options)

    def database(self) -> hil.Database:
        return hil.open_database(self.url)

    def states(self) -> list[str]:
        with self.database() as database:
            return [str(row.state) for row in database.rows("last")]

    def events(self) -> list[str]:
        with self.database() as database:
            return list(database.events("last")["kind"])

    def details(self) -> tuple[list[str], list[Any]]:
        with self.database() as database:
            events = database.events("last")
        return list(events["kind"]), list(events["detail"])


def start(
    bench: Bench, *arguments: str, environ: dict[str, str] | None = None
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "hil.cli", *arguments, "--db", bench.url],
        cwd=bench.folder,
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def n_complete(bench: Bench) -> int:
    try:
        return bench.states().count("COMPLETE")
    except HilError:
        return 0


def session_state(bench: Bench) -> str:
    with bench.database() as database:
        return str(database.session("last").state)


def url(folder: Path) -> str:
    return f"sqlite:///{(folder / 'hil.db').as_posix()}"


def run_files(folder: Path, rig: str, session: str, **options: object) -> hil.SessionResult:
    (folder / "rig.toml").write_text(rig, encoding="utf-8")
    (folder / "session.toml").write_text(session, encoding="utf-8")
    return hil.run_session(folder / "session.toml", url(folder), **options)  # type: ignore[arg-type]
