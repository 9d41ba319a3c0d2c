"""``hil doctor``: which extras, makers' libraries and plug-ins are there."""

from __future__ import annotations

import typer

PLACE = 95


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(doctor)


def doctor() -> None:
    """Say which extras, makers' libraries and plug-ins are there. Opens no device."""
    from hil.report.installed import findings

    for name, said in findings():
        print(f"{name:<14} {said}")
