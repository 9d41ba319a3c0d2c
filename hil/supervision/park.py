"""One command that makes a rig safe."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from hil.clock import SystemClock
from hil.rig.motion import ParkProblem
from hil.rig.plan import Plan
from hil.rig.rig import Rig
from hil.spec import load_rig_file
from hil.store import Database, database_exists, open_database
from hil.supervision.lease import hold


def park_rig(path: Path, url: str | None) -> list[ParkProblem]:
    """Park a rig that no controller holds; the event is written ahead where there is a database.

    Parameters
    ----------
    path
        The rig file.
    url
        The database; None for the usual one.

    Returns
    -------
    list
        The steps that failed; the others were taken.

    Raises
    ------
    InputError, RigHeld, RigError
    """
    clock = SystemClock()
    plan = Plan(load_rig_file(path))
    with ExitStack() as stack:
        database: Database | None = None
        if database_exists(url):
            database = stack.enter_context(open_database(url))
        stack.enter_context(hold(plan, database, None, "controller", clock))
        rig = Rig(plan)
        stack.callback(rig.close)
        if database is not None:
            database.event(None, "park", clock.now(), {"reason": "hil park", "rig": rig.spec.name})
        return rig.park()
