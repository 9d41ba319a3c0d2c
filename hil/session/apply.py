"""What a person does at the rig outside a session: park it, or go to a trial's settings."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from drivers.types import Value
from hil.clock import SystemClock
from hil.errors import InputError
from hil.rig.plan import Plan
from hil.rig.rig import Rig
from hil.session.result import best_of
from hil.session.run import stored_file
from hil.store import open_database
from hil.supervision.lease import hold


def apply_trial(
    session: str, trial: int | None, rig_path: Path | None, url: str | None, frames: Path | None
) -> Mapping[str, Value]:
    """Move the rig to what a trial requested, within its limits, and leave it there.

    Parameters
    ----------
    session
        Id, unique beginning, or ``"last"``.
    trial
        Its number; None for the best.
    rig_path
        Another rig file than the session's.
    url, frames
        The database.

    Returns
    -------
    dict
        Setting to what its device reads back.

    Raises
    ------
    InputError, RigHeld, RigError, SafetyError
    """
    clock = SystemClock()
    with ExitStack() as stack:
        database = stack.enter_context(open_database(url, frames=frames))
        record = database.session(session)
        rows = database.rows(record.id)
        if trial is None:
            best = best_of(database, record.id)
            if best is None:
                raise InputError("SESSION", session, "has no COMPLETE trial to choose")
            trial = best.number
        if not 0 <= trial < len(rows):
            raise InputError("--trial", str(trial), f"allowed: 0 to {len(rows) - 1}")
        file = stored_file(record, rig_path)
        target = {**file.spec.fixed, **rows[trial].requested}
        plan = Plan(file.rig)
        stack.enter_context(hold(plan, database, record.id, "controller", clock))
        rig = Rig(plan)
        stack.callback(rig.close)
        detail = {"reason": f"hil apply, trial {trial}", "to": target, "setup": rig.spec.setup}
        database.event(record.id, "move", clock.now(), detail)
        rig.setup()
        return rig.apply(target)
