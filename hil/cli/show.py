"""One session, all that is stored with it: what it came to, what happened, what it ran with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer

from hil.cli.options import Db, Frames, SessionRef

PLACE = 55


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(show)


def show(session: SessionRef = "last", db: Db = None, frames: Frames = None) -> None:
    """Show a session: what it came to, what happened, what it ran with and where."""
    from hil.cli.runs import summarise
    from hil.session.result import result_of
    from hil.store import open_database

    with open_database(db, frames=frames) as database:
        record = database.session(session)
        summarise(result_of(database, record.id, record.state, record.reason))
    print(f"began     {record.created_at:%Y-%m-%d %H:%M:%S} UTC")
    if record.finished_at is not None:
        print(f"ended     {record.finished_at:%Y-%m-%d %H:%M:%S} UTC")
    print(f"rig       {record.rig}")
    # A session of an earlier version has no manifest, but versions.
    for part, said in record.extra.get("manifest", {"versions": record.versions}).items():
        print(f"{part:<10}{_line(said)}")


def _line(said: Any) -> str:
    if isinstance(said, Mapping):
        return ", ".join(f"{key} {value}" for key, value in said.items()) or "-"
    if isinstance(said, list):
        return ", ".join(str(item) for item in said) or "-"
    return str(said)
