"""Commands that draw a session."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hil.cli.options import Db, Frames, SessionRef
from hil.cli.screen.completion import session_ids
from hil.errors import InputError

PLACE = 57


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command()(report)
    app.command()(plot)


def report(
    sessions: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SESSION]...",
            help="Ids, unique beginnings of some, or 'last'; without any the last.",
            autocompletion=session_ids,
        ),
    ] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Two or more sessions on one page.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE.html",
            help="Without it hil-report-SESSION.html, or hil-compare.html.",
        ),
    ] = None,
    db: Db = None,
    frames: Frames = None,
) -> None:
    """Write a session as one page that a browser opens without anything else."""
    from hil.report.comparing.page import write_comparison
    from hil.report.page import write_report
    from hil.store import open_database

    named = sessions or ["last"]
    if len(named) > 1 and not compare:
        raise InputError("SESSION", named[1], "is a second session, allowed: one, or --compare")
    with open_database(db, frames=frames) as database:
        if compare:
            path = output or Path("hil-compare.html")
            write_comparison(database, named, path)
        else:
            key = database.session_id(named[0])
            path = output or Path(f"hil-report-{key[:8]}.html")
            write_report(database, key, path)
    print(f"report    {path.absolute()}")


def plot(
    session: SessionRef = "last",
    kind: Annotated[
        str,
        typer.Option(
            metavar="KIND",
            help="history, slices, importance, parallel, pairs, pareto, fields, drift, frames or"
            " metrics.",
        ),
    ] = "history",
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="A .png, .svg or .pdf file.")
    ] = Path("hil-plot.png"),
    db: Db = None,
    frames: Frames = None,
) -> None:
    """Draw one figure of a session."""
    from hil.report.plot import draw_to_file
    from hil.store import open_database

    with open_database(db, frames=frames) as database:
        draw_to_file(database, session, kind, output)
    print(f"figure    {output.absolute()}")
