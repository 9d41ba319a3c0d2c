"""A park through fresh connections, each driver by itself: none that is lost keeps another lit."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import stamina

from drivers.errors import DriverError
from hil.rig.calls.driver_calls import CallHangs, Hang
from hil.rig.calls.open_driver import OpenDriver
from hil.rig.device_thread import join, start_or_run
from hil.rig.parking import ParkProblem
from hil.rig.partial_park import knows, parking_of
from hil.rig.plan import Plan
from hil.rig.settings import RigSettings

# A port that a dead process held may take a moment to be free.
_ATTEMPTS = 4
# What has been reached by then is parked in order; what comes later, when it comes.
_TOGETHER_S = 5.0


@dataclass
class DriversParked:
    """How it went.

    Parameters
    ----------
    problems
        Settings that are not known to be safe.
    unreachable
        Drivers that could not be opened, with why.
    hangs
        Calls that were left behind.
    dark_s
        After what time the last lamp that could be reached was dark, seconds.
    """

    problems: list[ParkProblem] = field(default_factory=list)
    unreachable: dict[str, str] = field(default_factory=dict)
    hangs: list[Hang] = field(default_factory=list)
    dark_s: float = 0.0


def park_driver_by_driver(plan: Plan) -> DriversParked:
    """Open each driver on a thread of its own, put its lights out, then park all in order.

    Parameters
    ----------
    plan
        The rig; its devices are held by nobody else.
    """
    return _Emergency(plan).run()


class _Emergency:
    def __init__(self, plan: Plan) -> None:
        self._spec = plan.file.spec
        self._plan = plan
        self._guard = threading.Lock()
        self._began_s = time.monotonic()
        self._done = DriversParked()
        self._opened: list[OpenDriver] = []

    def run(self) -> DriversParked:
        threads = [
            threading.Thread(target=self._reach, args=(i,), name=f"hil-reach {i}", daemon=True)
            for i in range(len(self._plan.kinds))
        ]
        for thread in threads:
            start_or_run(thread)
        _join(threads, _TOGETHER_S)
        self._park_opened()
        if any(thread.is_alive() for thread in threads):
            _join(threads, self._spec.open_timeout_s)
            self._park_opened()
        missing = self._nobody_has()
        self._done.problems += [ParkProblem(name, "its driver was not reached") for name in missing]
        for driver in self._opened:
            driver.close()
        return self._done

    def _reach(self, i: int) -> None:
        """Open one driver and put out its lights."""
        kind, options = self._plan.kinds[i]
        name = self._spec.driver[i].kind
        try:
            for attempt in stamina.retry_context(
                on=lambda e: isinstance(e, DriverError) and not isinstance(e, CallHangs),
                attempts=_ATTEMPTS,
                timeout=None,
                wait_initial=0.2,
                wait_jitter=0.0,
            ):
                with attempt:
                    driver = OpenDriver(name, kind, options, self._spec, self._done.hangs.append)
            parking = parking_of(driver.devices, self._plan.file)
            parking.darken()
        except Exception as error:  # whatever it is, the other drivers' lamps come first
            with self._guard:
                self._done.unreachable[f"driver.{i}: {name}"] = str(error)
            return
        with self._guard:
            self._done.dark_s = time.monotonic() - self._began_s
            self._opened.append(driver)

    def _park_opened(self) -> None:
        """Park all devices that have been reached, in the order of the rig file."""
        with self._guard:
            reached = list(self._opened)
        devices = {label: device for driver in reached for label, device in driver.devices.items()}
        if devices:
            self._done.problems = parking_of(devices, self._plan.file).run()

    def _nobody_has(self) -> Sequence[str]:
        """Name what the rig file parks and no driver that was reached has."""
        settings = _settings(self._opened)
        named = dict.fromkeys(name for step in self._spec.park for name in step.set)
        return [name for name in named if not knows(settings, name)]


def _settings(drivers: Sequence[OpenDriver]) -> RigSettings:
    return RigSettings({label: d for driver in drivers for label, d in driver.devices.items()})


def _join(threads: Sequence[threading.Thread], seconds: float) -> None:
    deadline_s = time.monotonic() + seconds
    for thread in threads:
        join(thread, max(deadline_s - time.monotonic(), 0.0))
