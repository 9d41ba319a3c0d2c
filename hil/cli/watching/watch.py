"""``hil watch``: a page of all sessions, and of one as it runs."""

from __future__ import annotations

from typing import Annotated

import typer

from hil.cli.options import Db, Frames
from hil.cli.screen.completion import session_ids

PLACE = 58


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(watch)


def watch(
    session: Annotated[
        str | None,
        typer.Argument(
            metavar="[SESSION]",
            help="Without it, the page of all sessions.",
            autocompletion=session_ids,
        ),
    ] = None,
    port: Annotated[
        int, typer.Option("--port", metavar="N", min=0, max=65535, help="0 for any free one.")
    ] = 8765,
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Others than 127.0.0.1 need a token.")
    ] = "127.0.0.1",
    token: Annotated[
        str | None,
        typer.Option(
            "--token", metavar="TEXT", envvar="HIL_WATCH_TOKEN", help="Allows to look and to act."
        ),
    ] = None,
    look_token: Annotated[
        str | None,
        typer.Option(
            "--look-token", metavar="TEXT", envvar="HIL_WATCH_LOOK_TOKEN", help="Allows to look."
        ),
    ] = None,
    db: Db = None,
    frames: Frames = None,
) -> None:
    """Show sessions in a browser, as they run and when they have ended, until Ctrl-C."""
    from hil.web.serving import serve

    def say(address: str) -> None:
        print(f"watch     {address}", flush=True)

    serve(
        session,
        db=db,
        frames=frames,
        host=host,
        port=port,
        token=token,
        look_token=look_token,
        say=say,
    )
