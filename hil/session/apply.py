"""What a person does at the rig after a session: go to a trial's settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from drivers.types import Value
from hil.clock import SystemClock
from hil.errors import InputError
from hil.session.result import best_of
from hil.session.stored import Confirm, nobody, say_nothing, stored_file
from hil.store import Database, open_database
from hil.supervision.approach import darken_left_lit
from hil.supervision.stop import StopSwitch
from hil.supervision.supervised import moves_s, supervised_rig


def apply_trial(
    session: str,
    trial: int | None,
    rig_path: Path | None,
    url: str | None,
    frames: Path | None,
    *,
    say: Callable[[str], None] = say_nothing,
    confirm: Confirm = nobody,
) -> Mapping[str, Value]:
    """Move the rig to what a trial requested, within its limits, and leave it there.

    Where that fails or is interrupted, the rig is parked.

    Parameters
    ----------
    session
        Id, unique beginning, or ``"last"``.
    trial
        Its number; None for the best.
    rig_path
        Another rig file than the session's, which holds as it is. Without it the stricter of the
        limits hold that the rig file has now, and had when it was stored.
    url, frames
        The database.
    say, confirm
        As for `hil.session.run.resume_session`.

    Returns
    -------
    dict
        Setting to what its device reads back.

    Raises
    ------
    InputError, RigHeld, RigError, SafetyError, Interrupted
    """
    clock = SystemClock()
    darken_left_lit(url, clock, rig_path)
    with open_database(url, frames=frames) as database:
        record = database.session(session)
        number = _number(database, record.id, session, trial)
        lines: list[str] = []
        file = stored_file(record, rig_path, say=lines.append, confirm=confirm)
        for line in lines:
            say(line)
        target = {**file.spec.fixed, **database.rows(record.id)[number].requested}
        with supervised_rig(
            file.rig, url, frames, clock, database=database, session_id=record.id
        ) as held:
            rig, spec = held.rig, file.rig.spec
            if lines:
                held.event("rig_file_differs", {"lines": lines})
            detail = {"reason": f"hil apply, trial {number}", "to": target, "setup": spec.setup}
            with held.in_use("move", detail, StopSwitch(), moves_s(spec), stays=True) as watch:
                watch.keep(spec.setup)
                watch.run(rig.setup)
                return watch.run(lambda: rig.apply(target))


def _number(database: Database, session_id: str, session: str, trial: int | None) -> int:
    """Find out which trial is meant."""
    if trial is None:
        best = best_of(database, session_id)
        if best is None:
            raise InputError("SESSION", session, "has no COMPLETE trial to choose")
        return best.number
    n_trials = len(database.rows(session_id))
    if not 0 <= trial < n_trials:
        raise InputError("--trial", str(trial), f"allowed: 0 to {n_trials - 1}")
    return trial
