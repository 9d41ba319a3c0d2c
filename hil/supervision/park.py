"""One command that makes a rig safe."""

from __future__ import annotations

from pathlib import Path

from hil.clock import SystemClock
from hil.spec import load_rig_file
from hil.supervision.recorded_park import Parked
from hil.supervision.stop import StopSwitch
from hil.supervision.supervised import moves_s, supervised_rig


def park_rig(path: Path, url: str | None) -> Parked:
    """Park a rig that no controller holds; the event is written ahead where there is a database.

    Parameters
    ----------
    path
        The rig file.
    url
        The database; None for the usual one.

    Returns
    -------
    Parked
        With the steps that failed; the others were taken.

    Raises
    ------
    InputError, RigHeld, RigError
    StoreError
        The rig is parked, but that could not be written down.
    """
    file = load_rig_file(path)
    with supervised_rig(file, url, None, SystemClock()) as held:
        # A signal that comes meanwhile wants what is being done anyway.
        with held.watched(StopSwitch(), moves_s(file.spec)):
            parked = held.park("hil park")
        if parked.lost is not None and not parked.problems:
            raise parked.lost
        return parked
