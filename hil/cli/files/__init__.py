"""Commands about files: ``schema``, ``check``, ``frames``.

May import `hil.spec`, `hil.replay`, `hil.report` and `hil.store`, inside the commands.
"""

from __future__ import annotations

import typer

from hil.cli.files import schema
from hil.cli.files.check import check
from hil.cli.files.frames import frames

PLACE = schema.PLACE


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command()(check)
    schema.register(app)
    app.command()(frames)
