"""Moving a rig's devices: apply, park, halt. Light comes last on the way up, and first down."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from drivers.errors import DriverError
from drivers.protocol import Setting
from drivers.types import Value
from hil.errors import RigError, SafetyError
from hil.rig.calls.halting import Halting
from hil.rig.device_thread import is_abandoned
from hil.rig.limits import RigLimits
from hil.rig.parking import Parking, ParkProblem
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
        self._parking = Parking(self._settings, self.park_steps, limits.limit)

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
            Before anything was sent.
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
            light = {name for name in moves if self._settings.known[name].role == "light"}
            overshoot = self._overshoot(moves)
            if overshoot:
                self._move(overshoot, halted)
            self._move({n: v for n, v in moves.items() if n not in light}, halted)
            self._move({name: moves[name] for name in moves if name in light}, halted)
            return {name: self._settings.value(name) for name in moves}
        except DriverError as error:
            self.halt()
            raise RigError(str(error)) from error

    def park(self) -> list[ParkProblem]:
        """Go to the safe state; return the settings that are not known to be safe.

        Every step is read back and retried, and none keeps the others away.
        """
        return self._parking.run()

    def halt(self) -> None:
        """Stop all motion and any running capture at once. Any thread; never raises."""
        halted, self._halt = self._halt, threading.Event()
        halted.set()
        self._halting.halt()

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
            self._darkening.start()

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
        """Without park steps in the rig file: everything that brings light to its darkest."""
        return tuple(
            {setting.name: darkest(setting)}
            for setting in self._settings.known.values()
            if setting.role == "light" and not setting.read_only
        )

    def _overshoot(self, moves: Mapping[str, Value]) -> dict[str, Value]:
        """Find where to go first, so that every target is approached from its side."""
        first: dict[str, Value] = {}
        for name, target in moves.items():
            setting, limit = self._settings.known[name], self._limits.limit(name)
            backlash = setting.backlash if limit.backlash is None else limit.backlash
            if isinstance(target, str) or not backlash or limit.approach == "any":
                continue
            here = float(self._settings.value(name))
            low, high = self._limits.bounds(name)
            if limit.approach == "rising" and target < here - setting.tolerance:
                first[name] = max(target - backlash, low)
            elif limit.approach == "falling" and target > here + setting.tolerance:
                first[name] = min(target + backlash, high)
        for rule in self._limits.rules:
            if first.keys() & set(rule.settings):
                there = {
                    name: first.get(name, moves.get(name, 0.0))
                    if name in moves
                    else self._settings.value(name)
                    for name in rule.settings
                }
                if self._limits.together_problem(rule, there):
                    first = {k: v for k, v in first.items() if k not in rule.settings}
        return first

    def _move(self, moves: Mapping[str, Value], halted: threading.Event) -> None:
        """Start all devices, then wait for all: they move at the same time."""
        # Light must not come on after a stop, nor by work that nobody waits for any longer.
        if halted.is_set() or is_abandoned():
            raise RigError("stopped before all was set")
        labels: dict[str, dict[str, Value]] = {}
        for name, value in moves.items():
            labels.setdefault(self._settings.owner(name).label, {})[name] = value
        for label, values in labels.items():
            self._settings.devices[label].start(values)
        for label, values in labels.items():
            self._settings.devices[label].settle(
                max(self._limits.limit(name).timeout_s for name in values)
            )
        rest_s = max((self._limits.limit(name).settle_ms for name in moves), default=0.0) / 1000
        if rest_s and halted.wait(rest_s):
            raise RigError("stopped while devices were coming to rest")


def darkest(setting: Setting) -> Value:
    """Value of a light-bearing setting that brings the least light."""
    if setting.kind == "choice":
        for dark in (0, "0", "Off", "off", "Closed", "closed"):
            if dark in setting.choices:
                return dark
        return setting.choices[0]
    low = 0.0 if setting.low is None else max(setting.low, 0.0)
    return int(low) if setting.kind == "int" else low
