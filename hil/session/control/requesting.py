"""Asking a session that another process runs: by a file beside its frames and by the database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path
from typing import TypeVar

from drivers.types import Value
from hil.clock import SystemClock
from hil.errors import InputError, StoreError
from hil.records.request import Wish, ask
from hil.records.session import SessionState
from hil.session.control.enqueue import searched_by
from hil.store import frames_folder, open_database
from hil.store.control.folder import Beside, running_here

T = TypeVar("T")

# A database that has not answered by then is away: the session is asked by a file.
_ANSWER_S = 2.0
# Where no file reaches the session, the database is waited for.
_PATIENCE_S = 40.0


def trial_to_judge(beside: Beside, trial: int | None, db: str | None, frames: Path | None) -> int:
    """Name the trial whose approval is meant; without a number the only one that waits.

    Raises
    ------
    InputError
        It does not wait, or several do.
    """
    waiting = waiting_trials_of(beside, db, frames)
    if trial is None and len(waiting) == 1:
        return waiting[0]
    if trial is None or trial not in waiting:
        shown = ", ".join(str(number) for number in waiting) or "none waits for approval"
        raise InputError("TRIAL", "" if trial is None else str(trial), f"allowed: {shown}")
    return trial


def waiting_trials_of(beside: Beside, db: str | None, frames: Path | None) -> list[int]:
    """List the trials that wait for approval, by who runs them here, or by the database."""
    cards = beside.cards()
    here = [number for card in cards if (number := card["status"].get("trial")) is not None]
    if here:
        return sorted(int(number) for number in here)

    def ask() -> list[int]:
        with open_database(db, frames=frames) as database:
            return database.waiting_for_approval(beside.session_id)

    return within(_PATIENCE_S, ask)


def searched_of(beside: Beside, db: str | None, frames: Path | None) -> Mapping[str, str]:
    """Tell what is searched, by who runs the session here, or by its trials in the database."""
    for card in beside.cards():
        here = card["status"].get("searched")
        if isinstance(here, dict) and here:
            return {str(name): str(text) for name, text in here.items()}

    def ask() -> Mapping[str, str]:
        with open_database(db, frames=frames) as database:
            return searched_by(database.rows(beside.session_id))

    return within(_PATIENCE_S, ask)


def send(
    session: str,
    wish: Wish,
    why: str,
    db: str | None,
    frames: Path | None,
    trial: int | None = None,
    *,
    settings: Mapping[str, Value] | None = None,
) -> bool:
    """Ask a running session, by a file beside its frames and by the database.

    Returns
    -------
    bool
        Whether the database answered; if not, the session was asked by the file alone.

    Raises
    ------
    InputError
        There is no such session, or it does not run.
    StoreError
        Neither way was open.
    """
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
        within(_ANSWER_S if by_file else _PATIENCE_S, write)
    except StoreError:
        if not by_file:
            raise
        return False
    return True


def find(session: str, db: str | None, frames: Path | None) -> Beside:
    """Find a session that runs: here, by its folder, or anywhere, by the database.

    ``last`` is the only session that runs here, or the newest of the database.

    Raises
    ------
    InputError
        There is no such session, or it does not run.
    """
    folder = frames_folder(db, frames=frames)
    here = running_here(folder, session)
    if len(here) == 1:
        return here[0]

    def ask() -> tuple[str, SessionState]:
        with open_database(db, frames=frames) as database:
            record = database.session(session)
            return record.id, record.state

    key, state = within(_PATIENCE_S, ask)
    if state.ended:
        raise InputError("SESSION", session, f"the session does not run, it is {state}")
    return Beside(folder, key)


def within(seconds: float, work: Callable[[], T]) -> T:
    """Run work that may hang, and wait for it no longer than this.

    Raises
    ------
    StoreError
        It has not answered.
    """
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
