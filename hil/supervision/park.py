"""One command that makes a rig safe."""

from __future__ import annotations

from pathlib import Path

from hil.clock import Clock, SystemClock
from hil.errors import HilError, InputError, NotParked, RigHeld, StoreError
from hil.rig.parking import ParkProblem
from hil.rig.plan import Plan
from hil.spec import RigFile, load_rig_file
from hil.supervision.approach import Approach, approached
from hil.supervision.lease import hold, place_of
from hil.supervision.recorded_park import Parked
from hil.supervision.stop import StopSwitch
from hil.supervision.supervised import moves_s, supervised_rig

# A database that has not said by then who drives the rig is not waited for.
_PATIENT_S = 2.0


def park_rig(path: Path, url: str | None) -> Parked:
    """Park a rig that no controller holds; the event is written ahead where there is a database.

    Neither a database that is away, or a URL that is none, nor a driver that cannot be opened keeps
    the light on.

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
    InputError
        The rig file is wrong.
    RigHeld
        Another process drives it.
    HilError
        The rig is parked, but not as it should be, or that could not be written down.
    """
    file, clock = load_rig_file(path), SystemClock()
    try:
        place_of(url)
    except InputError as error:
        return _without_database(file, error, clock)
    with approached(file, url, clock) as approach:
        try:
            return _in_order(approach, url, clock)
        except (RigHeld, NotParked):
            raise
        except HilError as error:
            return _driver_by_driver(approach, error)


def _in_order(approach: Approach, url: str | None, clock: Clock) -> Parked:
    """Open the whole rig, park it in the order of its file, and write that down."""
    file = approach.plan.file
    with supervised_rig(file, url, None, clock, approach=approach, dark_after_s=_PATIENT_S) as held:
        # A signal that comes meanwhile wants what is being done anyway.
        with held.watched(StopSwitch(), moves_s(file.spec)):
            parked = held.park("hil park")
        if parked.lost is not None and not parked.problems:
            raise parked.lost
        return parked


def _without_database(file: RigFile, error: InputError, clock: Clock) -> Parked:
    """Park where nobody can tell which database is meant."""
    plan = Plan(file)
    with hold(plan, "controller", clock):
        return _driver_by_driver(Approach(plan), error)


def _driver_by_driver(approach: Approach, error: HilError) -> Parked:
    """Park what can be reached of a rig that could not be opened, or not written down."""
    parked = approach.parked or approach.make_dark()
    problems = [
        *parked.problems,
        *(ParkProblem(name, why) for name, why in parked.unreachable.items()),
    ]
    if not problems:
        raise HilError(f"the rig is parked, each driver by itself, for this came up: {error}")
    lost = StoreError(f"it does not stand in the database: {error}")
    return Parked(problems, lost)
