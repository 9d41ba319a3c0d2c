"""``hil doctor``: what is installed, and whether this computer is fit for a night."""

from __future__ import annotations

import typer

from hil.cli.options import Db, Frames

PLACE = 95


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(doctor)


def doctor(db: Db = None, frames: Frames = None) -> None:
    """Say what is installed, and whether cores, disk and database are fit. Opens no device."""
    from hil.cli.upkeep.night import night
    from hil.report.installed import findings

    for found in (findings(), night(db, frames)):
        for name, said in found:
            print(f"{name:<14} {said}", flush=True)
