"""``hil design SESSION.toml``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hil.cli.options import Db, Frames
from hil.cli.runs import Note, drive_session, exit_status, summarise

if TYPE_CHECKING:
    from hil.records.session import Observer
    from hil.session.result import SessionResult

PLACE = 48


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(design)


def design(
    session: Annotated[Path, typer.Argument(metavar="SESSION.toml", help="The session file.")],
    rig: Annotated[
        Path | None,
        typer.Option("--on", metavar="RIG.toml", help="Another rig than the file names: a twin."),
    ] = None,
    starts: Annotated[
        int, typer.Option("--starts", metavar="N", help="Settings that are looked at first.")
    ] = 16,
    followed: Annotated[
        int, typer.Option("--followed", metavar="N", help="How many of them are moved uphill.")
    ] = 3,
    measured: Annotated[
        int, typer.Option("--measured", metavar="N", help="How many designs are measured.")
    ] = 3,
    note: Note = "",
    db: Db = None,
    frames: Frames = None,
) -> int:
    """Design a simulated rig's settings by gradient, and measure the best as a session."""
    from hil.design import design_session

    def work(view: Observer) -> SessionResult:
        return design_session(
            session,
            db,
            rig=rig,
            starts=starts,
            followed=followed,
            measured=measured,
            frames=frames,
            note=note,
            observer=view,
            said=lambda line: print(f"design    {line}", flush=True),
        )

    result = drive_session(work, session.stem, "bits_per_pixel")
    summarise(result)
    return exit_status(result)
