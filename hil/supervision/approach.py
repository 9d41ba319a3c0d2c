"""The first that is done at a rig: its locks, a guardian that knows of it, and the light out.

Who comes to a rig whose last holder was killed together with its guardian may find a lamp lit. It
goes out before anything else is waited for: a database that is locked, a guardian that is only
starting, a device that cannot be opened. Should the newcomer be killed at that, or before, the
guardian that it has begun to start does it.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from hil.clock import Clock
from hil.errors import HilError, RigHeld
from hil.locks.kept_open import KEPT_OPEN, end_at_once
from hil.rig.plan import Plan
from hil.spec import RigFile, load_rig_file
from hil.supervision.driver_by_driver import DriversParked, park_driver_by_driver
from hil.supervision.guardian import GuardianProcess, Orders, dismiss, guardian_to_come
from hil.supervision.lease import hold, is_left_behind, place_of, rigs_left_behind
from hil.supervision.stop import Signals

_log = logging.getLogger(__name__)


class Approach:
    """A rig whose locks this process holds; none of its devices is open.

    Parameters
    ----------
    plan
        What there is to open.

    Attributes
    ----------
    left_behind
        Whether who held it before was killed, and nobody had parked it since.
    parked
        How `make_dark` went; None where there was no need.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.left_behind = False
        self.parked: DriversParked | None = None
        self._process: GuardianProcess | None = None
        self._dark = True

    @contextmanager
    def forewarned(self, database: str | None) -> Iterator[None]:
        """Have a guardian know of the rig, be it warm or only starting, for a ``with`` block."""
        file = self.plan.file
        orders = Orders(
            rig_path=str(file.path.absolute()),
            rig_text=file.text,
            database=database,
            frames="",
            session_id=None,
            pid=os.getpid(),
            moves=False,
        )
        self._process = guardian_to_come()
        if self._process is not None:
            self._process.order(orders)
        try:
            yield
        finally:
            process = self.hand_over()
            if process is not None and self._dark:
                dismiss(process)
            elif process is not None:
                process.order(replace(orders, moves=True))
                process.leave()

    def hand_over(self) -> GuardianProcess | None:
        """Give the guardian, once, to whoever has orders of their own for it."""
        process, self._process = self._process, None
        return process

    def make_dark(self) -> DriversParked:
        """Park each driver by itself, through connections of its own that are closed again.

        What cannot be reached is logged: who opens the rig then says so.
        """
        self._dark = False
        with Signals(), KEPT_OPEN.or_else(end_at_once):
            self.parked = park_driver_by_driver(self.plan)
        self._dark = True
        name = self.plan.file.spec.name
        for problem in self.parked.problems:
            _log.warning("rig %r: %s: %s", name, problem.setting, problem.message)
        return self.parked

    @contextmanager
    def dark_unless_answered(self, seconds: float | None) -> Iterator[Callable[[], None]]:
        """Make dark where a database does not answer within seconds, or fails; None: never.

        Yields
        ------
        callable
            Called once it has answered: who drives the rig, if anybody does, is known then.
        """
        if seconds is None:
            yield lambda: None
            return
        answered, guard = threading.Event(), threading.Lock()

        def dark() -> None:
            with guard:
                if not answered.is_set():
                    answered.set()
                    self.make_dark()

        timer = threading.Timer(seconds, dark)
        timer.daemon = True
        timer.start()
        try:
            yield answered.set
        except RigHeld:
            raise
        except HilError:
            dark()
            raise
        finally:
            timer.cancel()
            with guard:  # what has been begun is not cut off
                answered.set()


@contextmanager
def approached(
    file: RigFile, database: str | None, clock: Clock, *, passing: bool = False
) -> Iterator[Approach]:
    """Come to a rig for the length of a ``with`` block; what was left lit there is dark then.

    Parameters
    ----------
    file
        The rig file.
    database
        URL of the database, which is not opened; None for the usual one.
    clock
        Time.
    passing
        Whoever comes next is to know, and write down, that the rig was left lit.

    Raises
    ------
    InputError
        The rig file or the URL is wrong, or there is no safe place for locks.
    RigHeld
        Another process of this computer drives the rig.
    """
    plan = Plan(file)
    approach = Approach(plan)
    with ExitStack() as stack:
        stack.enter_context(approach.forewarned(database))
        held = hold(plan, "controller", clock, place=place_of(database), passing=passing)
        approach.left_behind = stack.enter_context(held)
        if approach.left_behind:
            approach.make_dark()
        yield approach


def darken_left_lit(database: str | None, clock: Clock, rig: str | Path | None = None) -> None:
    """Make dark what was left lit on this computer, before a database is waited for.

    Its holder and its guardian were killed. Who comes to the rig next finds it left behind as
    before, and writes that down.

    Parameters
    ----------
    database
        URL of the database, which is not opened; None for the usual one.
    clock
        Time.
    rig
        The rig file that a person named; None where only the database knows which it is: then all
        that were driven with that database.

    Raises
    ------
    InputError
        The URL or the rig file is wrong, or there is no safe place for locks.
    """
    place = place_of(database)
    if rig is None:
        files = list(rigs_left_behind(place))
    else:
        named = load_rig_file(rig)
        files = [named] if is_left_behind(Plan(named), place) else []
    for file in files:
        try:
            with approached(file, database, clock, passing=True):
                pass
        except HilError as error:  # somebody has come to it meanwhile, or it cannot be opened
            _log.warning("rig %r: left behind, and not made dark: %s", file.spec.name, error)
