"""``hil scan``: one setting, or two, from one end to the other."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hil.cli.options import Db, Frames, RigPath
from hil.cli.record import AsRecorded, Like, Name, Repeats
from hil.cli.runs import Accept, Note, exit_status
from hil.report.files.output_place import FIGURES, check_output_place

PLACE = 47


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(scan)


def scan(
    rig: RigPath,
    setting: Annotated[
        list[str],
        typer.Option("--setting", metavar="S", help="LABEL.PROPERTY; twice for a second axis."),
    ],
    start: Annotated[list[float], typer.Option("--from", metavar="A", help="First value.")],
    stop: Annotated[list[float], typer.Option("--to", metavar="B", help="Last value.")],
    steps: Annotated[list[int], typer.Option("--steps", metavar="N", help="How many values.")],
    session: Like = None,
    repeats: Repeats = None,
    name: Name = "scan",
    note: Note = "",
    picture: Annotated[
        Path, typer.Option("--picture", metavar="FILE", help="Where the figure goes.")
    ] = Path("hil-scan.png"),
    accept_calibration: Accept = False,
    db: Db = None,
    frames: Frames = None,
) -> int:
    """Measure along one setting, or over two, as a session with a figure."""
    from hil.errors import InputError
    from hil.replay.scan import ScanAxis, scan_table
    from hil.report.scan_plot import draw_scan
    from hil.store import open_database

    if not len(setting) == len(start) == len(stop) == len(steps) or len(setting) > 2:
        problem = "one or two times --setting, each with --from, --to and --steps"
        raise InputError("hil scan", "", f"allowed: {problem}")
    check_output_place("--picture", picture, FIGURES)
    table = scan_table([ScanAxis(*one) for one in zip(setting, start, stop, steps, strict=True)])
    told = AsRecorded(name, session, repeats, note, accept_calibration)
    result = told.measure(rig, table, db, frames, kind="scan", extra={"scanned": setting})
    if result.n_complete:
        with open_database(db, frames=frames) as database:
            shown = list(database.rows(result.session_id)[0].requested)
            draw_scan(database, result.session_id, shown, picture)
        print(f"picture   {picture.absolute()}")
    return exit_status(result)
