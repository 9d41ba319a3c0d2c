"""Commands to a session that another process runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hil.cli.options import Db, Frames, SessionRef

if TYPE_CHECKING:
    from drivers.types import Value
    from hil.records.request import Wish

Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="Stands with the request.")]

PLACE = 15


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command()(pause)
    app.command(name="continue")(go_on)
    app.command()(stop)
    app.command()(approve)
    app.command()(enqueue)


def pause(
    session: SessionRef = "last", why: Why = "hil pause", db: Db = None, frames: Frames = None
) -> None:
    """Have a session wait in the dark, with the rig held, until `hil continue`."""
    from hil.records.request import Wish

    _send(session, Wish.PAUSE, why, db, frames)


def go_on(
    session: SessionRef = "last", why: Why = "hil continue", db: Db = None, frames: Frames = None
) -> None:
    """Let a session go on that is paused."""
    from hil.records.request import Wish

    _send(session, Wish.CONTINUE, why, db, frames)


def stop(session: SessionRef = "last", db: Db = None, frames: Frames = None) -> None:
    """Ask whoever runs a session to stop it and park."""
    from hil.records.request import Wish

    _send(session, Wish.STOP, "hil stop", db, frames)


def approve(
    session: SessionRef = "last",
    trial: Annotated[
        int | None, typer.Argument(metavar="[TRIAL]", help="Without it, the one that waits.")
    ] = None,
    refuse: Annotated[bool, typer.Option("--refuse", help="It is not measured.")] = False,
    why: Why = "",
    db: Db = None,
    frames: Frames = None,
) -> None:
    """Approve, or refuse, a trial that waits since it moves further than the session allows."""
    from hil.records.request import Wish
    from hil.session.control.requesting import find, trial_to_judge

    wish = Wish.REFUSE if refuse else Wish.APPROVE
    why = why or ("hil approve --refuse" if refuse else "hil approve")
    beside = find(session, db, frames)
    chosen = trial_to_judge(beside, trial, db, frames)
    _send(beside.session_id, wish, why, db, frames, chosen)
    typer.echo(f"trial {chosen} {wish.value}")


def enqueue(
    session: SessionRef,
    settings: Annotated[
        list[str],
        typer.Argument(metavar="SETTING=VALUE...", help="The others are as in the best trial."),
    ],
    why: Why = "hil enqueue",
    db: Db = None,
    frames: Frames = None,
) -> None:
    """Have a running session measure settings of yours in its next trial."""
    from hil.records.request import Wish
    from hil.session.control.enqueue import checked
    from hil.session.control.requesting import find, searched_of

    beside = find(session, db, frames)
    wanted = checked(settings, searched_of(beside, db, frames))
    _send(beside.session_id, Wish.ENQUEUE, why, db, frames, settings=wanted)
    told = ", ".join(f"{name} = {value}" for name, value in wanted.items())
    typer.echo(f"the next free trial measures {told}")


def _send(
    session: str,
    wish: Wish,
    why: str,
    db: str | None,
    frames: Path | None,
    trial: int | None = None,
    *,
    settings: Mapping[str, Value] | None = None,
) -> None:
    from hil.session.control.requesting import send

    if not send(session, wish, why, db, frames, trial, settings=settings):
        typer.echo("the database does not answer; the session was asked by a file", err=True)
