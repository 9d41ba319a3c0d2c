"""Commands to a session that another process runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from hil.cli.options import Db, Frames, SessionRef

if TYPE_CHECKING:
    from drivers.types import Value
    from hil.records.request import Wish
    from hil.store.control.folder import Beside

T = TypeVar("T")

Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="Stands with the request.")]

# A database that has not answered by then is away: the session is asked by a file.
_ANSWER_S = 2.0
# Where no file reaches the session, the database is waited for.
_PATIENCE_S = 40.0

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

    send(session, Wish.PAUSE, why, db, frames)


def go_on(
    session: SessionRef = "last", why: Why = "hil continue", db: Db = None, frames: Frames = None
) -> None:
    """Let a session go on that is paused."""
    from hil.records.request import Wish

    send(session, Wish.CONTINUE, why, db, frames)


def stop(session: SessionRef = "last", db: Db = None, frames: Frames = None) -> None:
    """Ask whoever runs a session to stop it and park."""
    from hil.records.request import Wish

    send(session, Wish.STOP, "hil stop", db, frames)


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
    from hil.errors import InputError
    from hil.records.request import Wish

    wish = Wish.REFUSE if refuse else Wish.APPROVE
    why = why or ("hil approve --refuse" if refuse else "hil approve")
    beside = find(session, db, frames)
    waiting = _waiting(beside, db, frames)
    if trial is None and len(waiting) == 1:
        trial = waiting[0]
    if trial is None or trial not in waiting:
        shown = ", ".join(str(number) for number in waiting) or "none waits for approval"
        raise InputError("TRIAL", "" if trial is None else str(trial), f"allowed: {shown}")
    send(beside.session_id, wish, why, db, frames, trial)
    typer.echo(f"trial {trial} {wish.value}")


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

    beside = find(session, db, frames)
    wanted = checked(settings, _searched(beside, db, frames))
    send(beside.session_id, Wish.ENQUEUE, why, db, frames, settings=wanted)
    told = ", ".join(f"{name} = {value}" for name, value in wanted.items())
    typer.echo(f"the next free trial measures {told}")


def _searched(beside: Beside, db: str | None, frames: Path | None) -> Mapping[str, str]:
    """Tell what is searched, by who runs the session here, or by its trials in the database."""
    from hil.session.control.enqueue import searched_by
    from hil.store import open_database

    for card in beside.cards():
        here = card["status"].get("searched")
        if isinstance(here, dict) and here:
            return {str(name): str(text) for name, text in here.items()}

    def ask() -> Mapping[str, str]:
        with open_database(db, frames=frames) as database:
            return searched_by(database.rows(beside.session_id))

    return _within(_PATIENCE_S, ask)


def _waiting(beside: Beside, db: str | None, frames: Path | None) -> list[int]:
    """List the trials that wait for approval, by who runs them here, or by the database."""
    from hil.store import open_database

    cards = beside.cards()
    here = [number for card in cards if (number := card["status"].get("trial")) is not None]
    if here:
        return sorted(int(number) for number in here)

    def ask() -> list[int]:
        with open_database(db, frames=frames) as database:
            return database.waiting_for_approval(beside.session_id)

    return _within(_PATIENCE_S, ask)


def send(
    session: str,
    wish: Wish,
    why: str,
    db: str | None,
    frames: Path | None,
    trial: int | None = None,
    *,
    settings: Mapping[str, Value] | None = None,
) -> None:
    """Ask a running session, by a file beside its frames and by the database.

    Raises
    ------
    InputError
        There is no such session, or it does not run.
    StoreError
        Neither way was open.
    """
    from hil.clock import SystemClock
    from hil.errors import InputError, StoreError
    from hil.records.request import ask
    from hil.store import open_database

    beside = find(session, db, frames)
    request = ask(wish, why, trial, settings)
    by_file = bool(beside.cards())
    if by_file:
        beside.put(request)

    def write() -> None:
        try:
            opened = open_database(db, frames=frames)
        except InputError as error:  # it was found a moment ago, by one way or the other
            raise StoreError(str(error)) from error
        with opened as database:
            database.request(beside.session_id, request, SystemClock().now())

    try:
        _within(_ANSWER_S if by_file else _PATIENCE_S, write)
    except StoreError:
        if not by_file:
            raise
        typer.echo("the database does not answer; the session was asked by a file", err=True)


def find(session: str, db: str | None, frames: Path | None) -> Beside:
    """Find a session that runs: here, by its folder, or anywhere, by the database.

    ``last`` is the only session that runs here, or the newest of the database.

    Raises
    ------
    InputError
        There is no such session, or it does not run.
    """
    from hil.errors import InputError
    from hil.records.session import SessionState
    from hil.store import frames_folder, open_database
    from hil.store.control.folder import Beside, running_here

    folder = frames_folder(db, frames=frames)
    here = running_here(folder, session)
    if len(here) == 1:
        return here[0]

    def ask() -> tuple[str, SessionState]:
        with open_database(db, frames=frames) as database:
            record = database.session(session)
            return record.id, record.state

    key, state = _within(_PATIENCE_S, ask)
    if state.ended:
        raise InputError("SESSION", session, f"the session does not run, it is {state}")
    return Beside(folder, key)


def _within(seconds: float, work: Callable[[], T]) -> T:
    """Run work that may hang, and wait for it no longer than this.

    Raises
    ------
    StoreError
        It has not answered.
    """
    from hil.errors import StoreError

    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name="hil-ask", daemon=True).start()
    try:
        return future.result(timeout=seconds)
    except FutureTimeout:
        if future.done():
            raise
        raise StoreError("the database does not answer") from None
