"""``hil db merge``, ``check``, ``vacuum`` and ``stats``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hil.cli.options import Db, Frames

if TYPE_CHECKING:
    from hil.store.upkeep.merging import Merged


def add_to(db: typer.Typer) -> None:
    """Add the commands to ``hil db``."""
    db.command("merge")(merge)
    db.command("check")(check)
    db.command("vacuum")(vacuum)
    db.command("stats")(stats)


def merge(
    other: Annotated[
        str, typer.Argument(metavar="OTHER", help="A database file, or a URL as for --db.")
    ],
    other_frames: Annotated[
        Path | None,
        typer.Option(
            "--other-frames", metavar="DIR", help="Its frames. Without it hil-frames beside it."
        ),
    ] = None,
    db: Db = None,
    frames: Frames = None,
) -> int:
    """Take over the sessions and frames of another database; again, and nothing is taken twice.

    A database that is not there yet, or has no tables, is made.
    """
    from hil.errors import InputError
    from hil.store import open_database
    from hil.store.location import DEFAULT_FRAMES, locate, url_of

    url = other if "://" in other else url_of(other)
    if other_frames is None:
        if not url.startswith("sqlite:///"):
            raise InputError("--other-frames", "", "needed for a database that is no file")
        file = locate(url, None).file
        other_frames = file and file.parent / DEFAULT_FRAMES
    with (
        open_database(url, frames=other_frames, read_only=True) as theirs,
        open_database(db, frames=frames, create=True) as database,
    ):
        merged = database.merge(theirs)
    print(f"sessions      {len(merged.sessions)} new, {len(merged.renewed)} brought up to date")
    print(f"trials        {merged.trials} new")
    print(f"calibrations  {merged.calibrations} new")
    print(f"frames        {merged.n_arrays} trials and calibrations copied")
    for line in merged.left:
        print(f"left          {line}")
    if merged.n_known:
        print(_known(merged))
    return 1 if merged.left else 0


def _known(merged: Merged) -> str:
    """Say that a file was merged before, or in part."""
    n = merged.n_known
    said = "1 session was" if n == 1 else f"{n} sessions were"
    added = (*merged.sessions, *merged.renewed, *merged.left)
    nothing = not added and not (merged.trials or merged.calibrations or merged.n_arrays)
    return f"{said} there already{', nothing added' if nothing else ''}"


def check(db: Db = None, frames: Frames = None) -> int:
    """Read every row and every frame again: what is damaged, missing, or not as it was written."""
    from hil.store import open_database

    with open_database(db, frames=frames, read_only=True) as database:
        problems = database.problems()
    for problem in problems:
        print(problem)
    print(f"{len(problems)} problems" if problems else "every row and every frame is as it was")
    return 1 if problems else 0


def vacuum(db: Db = None) -> None:
    """Give back the room of what is no longer there, and renew what queries are planned by."""
    from hil.store import open_database

    with open_database(db) as database:
        before, after = database.vacuum()
    print(f"{_size(before)} before, {_size(after)} after")


def stats(db: Db = None, frames: Frames = None) -> None:
    """Say how many rows there are, and how large the database and the frames are."""
    from hil.store import open_database

    with open_database(db, frames=frames, read_only=True) as database:
        found = database.stats()
        folder = database.frames_folder
        url = database.url
    for name, value in found.items():
        if not name.endswith("_bytes"):
            print(f"{name:13} {value}")
    print(f"{'database':13} {_size(found['database_bytes'])}  {url}")
    print(f"{'frames':13} {_size(found['frames_bytes'])}  {folder}")


def _size(n_bytes: int) -> str:
    if n_bytes < 1000:
        return f"{n_bytes} B"
    size = float(n_bytes)
    for unit in ("kB", "MB", "GB"):
        size /= 1000
        if size < 1000:
            return f"{size:.3g} {unit}"
    return f"{size / 1000:.3g} TB"
