"""Copies of the recorded sessions in tests/fixtures/replay, to open and to write beside."""

from __future__ import annotations

import shutil
from pathlib import Path

from hil.store import migrate

FIXTURE = Path(__file__).parents[2] / "fixtures" / "replay"


def copied(folder: Path) -> str:
    """Put the database and its frames into a folder, under their usual names; its URL."""
    shutil.copy(FIXTURE / "recorded.db", folder / "hil.db")
    migrate(f"sqlite:///{(folder / 'hil.db').as_posix()}")  # it may be of an older program
    shutil.copytree(FIXTURE / "frames", folder / "hil-frames")
    return f"sqlite:///{(folder / 'hil.db').as_posix()}"


def session_named(url: str, name: str) -> str:
    import hil

    with hil.open_database(url) as database:
        table = database.sessions(where=[f"name = {name}"])
    return str(table["session_id"].iloc[0])
