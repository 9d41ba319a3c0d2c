"""Commands that show sessions in a browser: ``watch``, ``dashboard``. May import `hil.web`."""

from __future__ import annotations

import typer

from hil.cli.watching import watch
from hil.cli.watching.dashboard import dashboard
from hil.cli.watching.watch import PLACE

__all__ = ["PLACE", "register"]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    watch.register(app)
    app.command()(dashboard)
