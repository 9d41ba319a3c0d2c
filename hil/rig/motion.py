"""Moving a rig's devices: apply, park, halt. Light comes last on the way up, and first down.

Every command is checked as the state that it leads to; `hil.rig.moves.planner` orders them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from drivers.errors import DriverError
from drivers.types import Value
from hil.errors import RigError, SafetyError
from hil.rig.calls.halting import Halting
from hil.rig.device_thread import is_abandoned, progressed, start_or_run
from hil.rig.limits import RigLimits, darkest
from hil.rig.moves.joint import touched
from hil.rig.moves.late_reading import PatientReader
from hil.rig.moves.planner import Leg, MoveRefusal, needs_present, plan_moves
from hil.rig.parking import Parking, ParkProblem
from hil.rig.read_back import OutsideLimit, check_read_back, passed_limits
from hil.spec import RigSpec


class RigMotion:
    """Moves devices, inside the limits. All methods but `halt` and `darken`: on the device thread.

    Parameters
    ----------
    limits
        The rig's.
    spec
        The rig file, for its park steps.

    Attributes
    ----------
    park_steps
        The way to the safe state, canonical names.

    Raises
    ------
    SafetyError
        A park step names what no device has, or goes where the rig may not be.
    """

    def __init__(self, limits: RigLimits, spec: RigSpec) -> None:
        self._limits = limits
        self._settings = limits.settings
        # Set by the next halt: what began before it does not go on after it.
        self._halt = threading.Event()
        self._halting = Halting(self._settings.devices)
        self._guard = threading.Lock()
        self._darkening: threading.Thread | None = None
        self.park_steps = (
            tuple(self._park_step(f"park.{i}.set", step.set) for i, step in enumerate(spec.park))
            or self._default_park()
        )
        self._parking = Parking(
            self._settings,
            self.park_steps,
            limits.limit,
            lambda step: planned(limits, step, straight=True),
            limits.joint_passed,
        )

    def apply(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Move devices and wait until all have settled.

        Parameters
        ----------
        values
            Any names that the devices understand.

        Returns
        -------
        dict
            Canonical name to what the device reads back.

        Raises
        ------
        SafetyError
            Before anything was sent; and in between where an interlock opens.
        ReadBackError
            A device reads back something else than was asked for.
        OutsideLimit
            It reads back what a limit forbids; everything has been parked.
        RigError
            A device failed or did not settle; all were told to stop.
        """
        halted = self._halt
        try:
            self._limits.check_interlocks()
            targets = self._limits.check(values)
            moves = {
                name: value
                for name, value in targets.items()
                if self._settings.known[name].role != "preset"
            }
            legs, before = self._plan(moves), self._before(moves)
            began_s = time.monotonic()
            for leg in legs:
                began_s = time.monotonic()
                self._take(leg, halted)
            return self._read_back(moves, before, began_s, halted)
        except DriverError as error:
            self.halt()
            raise RigError(str(error)) from error

    def park(self) -> list[ParkProblem]:
        """Go to the safe state; return the settings that are not known to be safe.

        Every step is read back and retried, and none keeps the others away. `limits_passed` then
        says which limits were passed, where no order of the steps keeps them.
        """
        return self._parking.run()

    def limits_passed(self) -> tuple[str, ...]:
        """Say which limits the last park passed."""
        return self._parking.passed

    def halt(self) -> None:
        """Stop all motion and any running capture at once. Any thread; never raises."""
        halted, self._halt = self._halt, threading.Event()
        halted.set()
        self._halting.halt()

    def rested(self, wait_s: float) -> bool:
        """Wait with nothing to do; say whether nobody told the devices to stop meanwhile."""
        return not self._halt.wait(wait_s)

    def darken(self) -> None:
        """Begin to take the park steps that bring light down, whatever else is going on.

        Returns at once. Any thread; never raises. A park follows, which says what is not safe.
        """
        with self._guard:
            if self._darkening is not None and self._darkening.is_alive():
                return
            self._darkening = threading.Thread(
                target=self._parking.darken, name="hil-dark", daemon=True
            )
            start_or_run(self._darkening)

    def hanging_stops(self) -> tuple[str, ...]:
        """Name the devices that do not return from being told to stop."""
        return self._halting.hanging()

    def _park_step(self, key: str, step: Mapping[str, Value]) -> dict[str, Value]:
        result = self._settings.canonical_table(key, step)
        for name, value in result.items():
            try:
                self._limits.check_value(name, value)
            except SafetyError as error:
                raise SafetyError(str(error), f'{key}."{name}"') from None
        return result

    def _default_park(self) -> tuple[dict[str, Value], ...]:
        """Without park steps in the rig file: light to its darkest, then what drivers say."""
        known = [setting for setting in self._settings.known.values() if not setting.read_only]
        light = [{s.name: darkest(s)} for s in known if s.role == "light"]
        others = [{s.name: s.park} for s in known if s.role != "light" and s.park is not None]
        return (*light, *others)

    def _plan(self, moves: Mapping[str, Value]) -> tuple[Leg, ...]:
        """Order the moves by where everything is now.

        Raises
        ------
        SafetyError
            Naming the limit that no order keeps.
        """
        plan = planned(self._limits, moves)
        if isinstance(plan, MoveRefusal):
            raise SafetyError(plan.message)
        return plan

    def _take(self, leg: Leg, halted: threading.Event) -> None:
        """Start all devices, then wait for all: they move at the same time."""
        # Light must not come on after a stop, nor by work that nobody waits for any longer.
        if halted.is_set() or is_abandoned():
            raise RigError("stopped before all was set")
        self._limits.check_interlocks()
        began_s = time.monotonic()
        labels: dict[str, dict[str, Value]] = {}
        for name, value in leg.values.items():
            labels.setdefault(self._settings.owner(name).label, {})[name] = value
        for label, values in labels.items():
            self._settings.devices[label].start(values)
        for label, values in labels.items():
            self._settings.devices[label].settle(
                max(self._limits.limit(name).timeout_s for name in values)
            )
        rest_s = max((self._limits.limit(name).settle_ms for name in leg.values), default=0) / 1000
        rest_s = max(rest_s, leg.seconds - (time.monotonic() - began_s))
        progressed()
        _rest(rest_s, halted)

    def _before(self, moves: Mapping[str, Value]) -> dict[str, Value]:
        """Tell where settings are before they move: what may come late is what they read then."""
        known = {name: self._settings.last_read.get(name) for name in moves}
        for name in [name for name, value in known.items() if value is None]:
            with suppress(DriverError):  # who does not answer now is judged after the move
                known[name] = self._settings.value(name)
        return {name: value for name, value in known.items() if value is not None}

    def _read_back(
        self,
        moves: Mapping[str, Value],
        before: Mapping[str, Value],
        began_s: float,
        halted: threading.Event,
    ) -> dict[str, Value]:
        """Ask where everything is, in time; outside a limit nothing stays.

        Raises
        ------
        ReadBackError, OutsideLimit
        """
        reader = PatientReader(
            self._settings.values,
            self._limits.tolerance,
            lambda name: self._limits.limit(name).timeout_s,
            lambda rest_s: _rest(rest_s, halted),
            lambda read, late: not passed_limits(self._limits, read, late),
        )
        seen = reader.read_back(before, moves, began_s)
        if said := passed_limits(self._limits, seen):
            problems = self.park()
            failed = "; ".join(f"{p.setting}: {p.message}" for p in problems)
            raise OutsideLimit(said, seen, failed)
        check_read_back(self._limits, moves, seen)
        return seen


def _rest(rest_s: float, halted: threading.Event) -> None:
    if rest_s > 0 and halted.wait(rest_s):
        raise RigError("stopped while devices were coming to rest")


def planned(
    limits: RigLimits, moves: Mapping[str, Value], *, straight: bool = False
) -> tuple[Leg, ...] | MoveRefusal:
    """Order moves by where the devices are now; nothing moves.

    Parameters
    ----------
    limits
        The rig's.
    moves
        Canonical names, allowed each by itself.
    straight
        Whether no target is gone beyond first.

    Raises
    ------
    DriverError, RigError
        What the way depends on cannot be read.
    """
    tracks = {name: limits.track(name) for name in moves}
    if straight:
        tracks = {name: replace(track, approach="any") for name, track in tracks.items()}
    asked = [name for name, track in tracks.items() if needs_present(track)]
    asked += [name for limit in touched(limits.joint, moves) for name in limit.settings]
    present = limits.numbers(list(dict.fromkeys(asked)))
    return plan_moves(present, moves, tracks, limits.joint)
