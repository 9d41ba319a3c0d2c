"""Limits, interlocks and parking. Every command to a device passes through `Safety`.

The order of a command: interlocks are read; names become canonical and presets are expanded; every
value is checked against the device's limits, the rig's and the limits together; and only then is
the first device told. Light comes last on the way up, and first on the way to the safe state.

All methods but `halt` are called on the device thread.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from drivers.errors import DriverError
from drivers.protocol import Alias, Camera, Device, Setting
from drivers.types import Value
from hil.errors import RigError, SafetyError, nearest
from hil.spec import Limit, LimitsTogether, RigSpec
from hil.spec.rig import outside, together

_NO_LIMIT = Limit()


@dataclass(frozen=True, slots=True)
class ParkProblem:
    """A step on the way to the safe state that failed; those after it were taken all the same."""

    setting: str
    message: str


class Safety:
    """The one way to the devices of a rig.

    Parameters
    ----------
    devices
        By label.
    spec
        The rig's limits, interlocks and park steps.

    Raises
    ------
    SafetyError
        The rig names a setting that no device has, or two devices claim one name.
    """

    def __init__(self, devices: Mapping[str, Device], spec: RigSpec) -> None:
        self.devices = dict(devices)
        self.settings: dict[str, Setting] = {}
        self._owner: dict[str, Device] = {}
        self._aliases: dict[str, tuple[str, Alias]] = {}
        self._halted = threading.Event()
        for device in devices.values():
            for setting in device.describe():
                self.settings[setting.name] = setting
                self._owner[setting.name] = device
                for alias in setting.aliases:
                    self._aliases[alias.name] = (setting.name, alias)
        self.limits = dict(self._canonical_limit(*item) for item in spec.limits.items())
        self.rules = tuple(
            self._canonical_rule(i, rule) for i, rule in enumerate(spec.limits_together)
        )
        self.interlocks = tuple(
            (self.setting(lock.setting, f"interlock.{i}.setting").name, lock)
            for i, lock in enumerate(spec.interlock)
        )
        self.park_steps = (
            tuple(self._park_step(f"park.{i}.set", step.set) for i, step in enumerate(spec.park))
            or self._default_park()
        )
        self.noise_conditions = tuple(
            self._settings_of(f"noise_at.{i}.when", entry.when)
            for i, entry in enumerate(spec.noise_at)
        )
        recorded = [self.setting(name, f"record.{i}").name for i, name in enumerate(spec.record)]
        recorded += [name for condition in self.noise_conditions for name in condition]
        self.recorded = tuple(dict.fromkeys(recorded))

    def _canonical_limit(self, name: str, limit: Limit) -> tuple[str, Limit]:
        key = f'limits."{name}"'
        setting = self.setting(name, key)
        if limit.choices is not None:
            if setting.name != name:
                choices = tuple(self.canonical(name, choice)[1] for choice in limit.choices)
                limit = limit.model_copy(update={"choices": choices})
            for choice in limit.choices or ():
                if problem := value_problem(setting, choice):
                    raise SafetyError(problem, f"{key}.choices")
        elif setting.kind == "choice" and (limit.low is not None or limit.high is not None):
            raise SafetyError(f"{name} has choices and no range, allowed: choices", key)
        for side, bound in (("low", limit.low), ("high", limit.high)):
            device_low = -math.inf if setting.low is None else setting.low
            device_high = math.inf if setting.high is None else setting.high
            if bound is not None and not device_low <= bound <= device_high:
                raise SafetyError(
                    f"{bound:g} is outside what the device allows: {setting.allowed()}",
                    f"{key}.{side}",
                )
        return setting.name, limit

    def _canonical_rule(self, index: int, rule: LimitsTogether) -> LimitsTogether:
        key = f"limits_together.{index}.settings"
        names = tuple(self.setting(name, key).name for name in rule.settings)
        for name in names:
            if self.settings[name].kind == "choice":
                raise SafetyError(f"{name} has choices, allowed: settings with numbers", key)
        return rule.model_copy(update={"settings": names})

    def _park_step(self, key: str, step: Mapping[str, Value]) -> dict[str, Value]:
        result = self._settings_of(key, step)
        for name, value in result.items():
            try:
                self._check_value(name, value)
            except SafetyError as error:
                raise SafetyError(str(error), f'{key}."{name}"') from None
        return result

    def _settings_of(self, key: str, table: Mapping[str, Value]) -> dict[str, Value]:
        """Make names and values of a table in the rig file canonical."""
        result = {}
        for given, value in table.items():
            place = f'{key}."{given}"'
            self.setting(given, place)
            try:
                name, value = self.canonical(given, value)
            except SafetyError as error:
                raise SafetyError(str(error), place) from None
            result[name] = value
        return result

    def noise_entries(self, values: Mapping[str, Value]) -> tuple[int, ...]:
        """Tell which entries of ``[[noise_at]]`` hold, given values under canonical names."""
        return tuple(
            i
            for i, condition in enumerate(self.noise_conditions)
            if all(values.get(name) == value for name, value in condition.items())
        )

    def _default_park(self) -> tuple[dict[str, Value], ...]:
        """Without park steps in the rig file: everything that brings light to its darkest."""
        return tuple(
            {setting.name: darkest(setting)}
            for setting in self.settings.values()
            if setting.role == "light" and not setting.read_only
        )

    # --- names -----------------------------------------------------------------------------------

    def setting(self, name: str, key: str = "") -> Setting:
        """Look a setting up by its canonical name or an alias.

        Parameters
        ----------
        name
            As a person wrote it.
        key
            Where in the rig file, for the message.

        Raises
        ------
        SafetyError
        """
        if name in self._aliases:
            name = self._aliases[name][0]
        if name not in self.settings:
            raise SafetyError(f"no setting {name!r}, {nearest(name, self.settings)}", key)
        return self.settings[name]

    def canonical(self, name: str, value: Value) -> tuple[str, Value]:
        """Translate an alias and its value into the canonical name and value.

        Raises
        ------
        SafetyError
        """
        setting = self.setting(name)
        if name in self._aliases and self._aliases[name][1].values is not None:
            values = self._aliases[name][1].values
            assert values is not None
            if value not in values:
                known = ", ".join(repr(key) for key in values)
                raise SafetyError(f"{name} = {value!r}, allowed: one of {known}")
            value = values[value]
        return setting.name, value

    def targets(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Make names canonical, expand presets, and refuse one quantity named twice.

        Raises
        ------
        SafetyError
        """
        result: dict[str, Value] = {}
        for given, value in values.items():
            name, value = self.canonical(given, value)
            expansion = self.settings[name].expands.get(value, {})
            for key, wanted in {**expansion, name: value}.items():
                if key in result and result[key] != wanted:
                    raise SafetyError(f"{key} is asked to be both {result[key]!r} and {wanted!r}")
                result[key] = wanted
        return result

    # --- limits ----------------------------------------------------------------------------------

    def limit(self, name: str) -> Limit:
        """Return the rig's own limit of a setting (canonical name); an empty one if it has none."""
        return self.limits.get(name, _NO_LIMIT)

    def bounds(self, name: str) -> tuple[float, float]:
        """Low and high that device and rig together allow; infinite where neither says."""
        setting, limit = self.settings[name], self.limit(name)
        lows = [low for low in (setting.low, limit.low) if low is not None]
        highs = [high for high in (setting.high, limit.high) if high is not None]
        return max(lows, default=-math.inf), min(highs, default=math.inf)

    def choices(self, name: str) -> tuple[Value, ...]:
        """Choices that device and rig together allow."""
        allowed = self.limit(name).choices
        return tuple(c for c in self.settings[name].choices if allowed is None or c in allowed)

    def check(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Check a command without sending it; return the canonical, expanded targets.

        Limits together take what is not in ``values`` from the devices.

        Raises
        ------
        SafetyError
        """
        targets = self.targets(values)
        for name, value in targets.items():
            self._check_value(name, value)
        for rule in self.rules:
            if not targets.keys() & set(rule.settings):
                continue
            together_values = [
                targets[name] if name in targets else self._owner[name].read(name)
                for name in rule.settings
            ]
            problem = self.together_problem(
                rule, dict(zip(rule.settings, together_values, strict=True))
            )
            if problem:
                raise SafetyError(problem)
        return targets

    def _check_value(self, name: str, value: Value) -> None:
        setting = self.settings[name]
        if problem := value_problem(setting, value):
            raise SafetyError(problem)
        if problem := outside(self.limit(name), value):
            raise SafetyError(f"{name} = {value!r} {problem}")

    def together_problem(self, rule: LimitsTogether, values: Mapping[str, Value]) -> str:
        """Say how values (of all the rule's settings) break a rule; empty if they do not."""
        amount = together(rule, [float(values[name]) for name in rule.settings])
        what = f"{rule.rule} of {', '.join(rule.settings)}"
        slack = 1e-9 * max(1.0, abs(rule.high))
        if amount > rule.high + slack:
            return f"{what} is {amount:g}, allowed: at most {rule.high:g}"
        if rule.low is not None and amount < rule.low - slack:
            return f"{what} is {amount:g}, allowed: at least {rule.low:g}"
        return ""

    def check_interlocks(self) -> None:
        """Read every interlock.

        Raises
        ------
        SafetyError
            Naming the one that is open.
        """
        for name, lock in self.interlocks:
            value = self._owner[name].read(name)
            allowed = Limit(low=lock.low, high=lock.high, choices=lock.choices)
            if problem := outside(allowed, value).replace("the rig's limit", "the interlock's"):
                raise SafetyError(f"interlock: {name} = {value!r} {problem}")

    # --- commands --------------------------------------------------------------------------------

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
        self._halted.clear()
        try:
            self.check_interlocks()
            targets = self.check(values)
            moves = {
                name: value
                for name, value in targets.items()
                if self.settings[name].role != "preset"
            }
            light = {name for name in moves if self.settings[name].role == "light"}
            overshoot = self._overshoot(moves)
            if overshoot:
                self._move(overshoot)
            self._move({name: value for name, value in moves.items() if name not in light})
            self._move({name: moves[name] for name in moves if name in light})
            return {name: self._owner[name].read(name) for name in moves}
        except DriverError as error:
            self.halt()
            raise RigError(str(error)) from error

    def read(self, names: Iterable[str]) -> dict[str, Value]:
        """Ask the devices for present values, under canonical names.

        Raises
        ------
        SafetyError, RigError
        """
        canonical = [self.setting(name).name for name in names]
        try:
            return {name: self._owner[name].read(name) for name in canonical}
        except DriverError as error:
            raise RigError(str(error)) from error

    def _overshoot(self, moves: Mapping[str, Value]) -> dict[str, Value]:
        """Find where to go first, so that every target is approached from its side."""
        first: dict[str, Value] = {}
        for name, target in moves.items():
            setting, limit = self.settings[name], self.limit(name)
            backlash = setting.backlash if limit.backlash is None else limit.backlash
            if isinstance(target, str) or not backlash or limit.approach == "any":
                continue
            here = float(self._owner[name].read(name))
            low, high = self.bounds(name)
            if limit.approach == "rising" and target < here - setting.tolerance:
                first[name] = max(target - backlash, low)
            elif limit.approach == "falling" and target > here + setting.tolerance:
                first[name] = min(target + backlash, high)
        for rule in self.rules:
            if first.keys() & set(rule.settings):
                there = {
                    name: first.get(name, moves.get(name, 0.0))
                    if name in moves
                    else self._owner[name].read(name)
                    for name in rule.settings
                }
                if self.together_problem(rule, there):
                    first = {k: v for k, v in first.items() if k not in rule.settings}
        return first

    def _move(self, moves: Mapping[str, Value]) -> None:
        """Start all devices, then wait for all: they move at the same time."""
        labels: dict[str, dict[str, Value]] = {}
        for name, value in moves.items():
            labels.setdefault(self._owner[name].label, {})[name] = value
        for label, values in labels.items():
            self.devices[label].start(values)
        for label, values in labels.items():
            self.devices[label].settle(max(self.limit(name).timeout_s for name in values))
        rest_s = max((self.limit(name).settle_ms for name in moves), default=0.0) / 1000
        if rest_s and self._halted.wait(rest_s):
            raise RigError("stopped while devices were coming to rest")

    def park(self) -> list[ParkProblem]:
        """Go to the safe state, step by step; a step that fails does not keep the others away."""
        self._halted.clear()
        problems = []
        for step in self.park_steps:
            for name, value in step.items():
                try:
                    self._move({name: value})
                except Exception as error:  # a defect in one driver must not leave a laser on
                    problems.append(ParkProblem(name, str(error)))
        return problems

    def halt(self) -> None:
        """Stop all motion and any running capture at once. Any thread; never raises."""
        self._halted.set()
        for device in self.devices.values():
            if isinstance(device, Camera):
                device.cancel()
            device.stop()


def darkest(setting: Setting) -> Value:
    """Value of a light-bearing setting that brings the least light."""
    if setting.kind == "choice":
        for dark in (0, "0", "Off", "off", "Closed", "closed"):
            if dark in setting.choices:
                return dark
        return setting.choices[0]
    low = 0.0 if setting.low is None else max(setting.low, 0.0)
    return int(low) if setting.kind == "int" else low


def value_problem(setting: Setting, value: Value) -> str:
    """Say why a device would not take a value; empty if it would."""
    refused = f"{setting.name} = {value!r}, allowed: {setting.allowed()}"
    if setting.read_only or isinstance(value, bool):
        return refused
    if setting.kind == "choice":
        return "" if value in setting.choices else refused
    if isinstance(value, str) or not math.isfinite(value):
        return refused
    if setting.kind == "int" and value != int(value):
        return refused
    too_low = setting.low is not None and value < setting.low
    too_high = setting.high is not None and value > setting.high
    return refused if too_low or too_high else ""
