"""``hil passport``: whether an instrument has got worse since spring."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from hil.cli.options import Db, Frames
from hil.errors import InputError

PLACE = 52


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(passport)


def passport(
    rig: Annotated[
        str, typer.Argument(metavar="RIG", help="Its name as sessions have it, or its rig file.")
    ],
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="YYYY-MM-DD", help="Compare with the days before."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="A page, .html, or a figure, .png, .svg, .pdf."
        ),
    ] = None,
    db: Db = None,
    frames: Frames = None,
) -> None:
    """Say what has changed of an instrument: information, camera noise, gain, offset."""
    from hil.report.passport.page import HEADS, asked, rows, summary, write_passport
    from hil.report.passport.series import known_rig, passport
    from hil.store import open_database

    when = None if since is None else _date(since)
    with open_database(db, frames=frames, read_only=True) as database:
        name = known_rig(database, rig)
        judged = passport(database, name, when)
    if output is not None:
        write_passport(judged, name, when, output)
    print(f"rig       {name}")
    print(f"question  {asked(when)}")
    print(f"answer    {summary(judged)}")
    if judged:
        _table([HEADS, *rows(judged)])
    if output is not None:
        print(f"written   {output.absolute()}")


def _table(lines: list[tuple[str, ...]]) -> None:
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    for line in lines:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        )


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError("--since", text, "allowed: a day, as 2026-03-20") from None
