"""What is asked of a session from the page, by the same way as from the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl

from starlette.requests import Request

from hil.errors import InputError
from hil.records.request import Wish
from hil.session.control.requesting import find, send, trial_to_judge

_LONGEST_FORM = 4096
_WISHES = {
    "pause": (Wish.PAUSE, "Asked to pause."),
    "continue": (Wish.CONTINUE, "Asked to continue."),
    "stop": (Wish.STOP, "Asked to stop."),
    "approve": (Wish.APPROVE, "Approved."),
    "refuse": (Wish.REFUSE, "Refused."),
}


@dataclass(frozen=True, slots=True)
class Messenger:
    """Passes a wish on, and says what became of it.

    Parameters
    ----------
    db, frames
        As for `hil.open_database`.
    """

    db: str | None
    frames: Path | None

    def __call__(self, session_id: str, wish: str, trial: int | None) -> str:
        """Ask.

        Raises
        ------
        InputError
            The session does not run, or the trial does not wait.
        StoreError
            Neither the database nor a file took the wish.
        """
        kind, said = _WISHES[wish]
        if kind in (Wish.APPROVE, Wish.REFUSE):
            trial = trial_to_judge(
                find(session_id, self.db, self.frames), trial, self.db, self.frames
            )
            said = f"Trial {trial}: {said.lower()}"
        if not send(session_id, kind, "hil watch", self.db, self.frames, trial):
            said += " The database does not answer; the session was asked by a file."
        return said


def wish_of(form: Mapping[str, str]) -> tuple[str, int | None]:
    """Read a wish, and the trial that it is about.

    Raises
    ------
    InputError
        There is no such wish, or the trial is no number.
    """
    wish, trial = form.get("wish", ""), form.get("trial", "")
    if wish not in _WISHES:
        raise InputError("wish", wish, f"allowed: {', '.join(_WISHES)}")
    if trial and not (trial.isascii() and trial.isdigit() and len(trial) < 10):
        raise InputError("trial", trial, "allowed: a number")
    return wish, int(trial) if trial else None


async def read_form(request: Request) -> dict[str, str]:
    """Read a small form.

    Raises
    ------
    InputError
        It is too long.
    """
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _LONGEST_FORM:
            raise InputError("form", "", f"longer than {_LONGEST_FORM} bytes")
    return dict(parse_qsl(body.decode("utf-8", "replace")))
