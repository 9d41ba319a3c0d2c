"""``hil dashboard``: a session in optuna-dashboard."""

from __future__ import annotations

from typing import Annotated

import typer

from hil.cli.options import Db, Frames, SessionRef


def dashboard(
    session: SessionRef = "last",
    port: Annotated[
        int, typer.Option("--port", metavar="N", min=0, max=65535, help="0 for any free one.")
    ] = 8766,
    pictures: Annotated[
        int,
        typer.Option(
            "--pictures", metavar="N", min=0, max=100, help="Of so many of the best trials a frame."
        ),
    ] = 8,
    db: Db = None,
    frames: Frames = None,
) -> None:
    """Show a session in optuna-dashboard, as it goes on, until Ctrl-C."""
    from hil.web.dashboard import serve_dashboard

    def say(address: str) -> None:
        print(f"dashboard {address}", flush=True)

    serve_dashboard(session, db=db, frames=frames, port=port, pictures=pictures, say=say)
