"""What may be asked of a rig: limits of the devices, of the rig, and of settings together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from drivers.protocol import Setting
from drivers.types import Value
from hil.errors import InterlockOpen, RigError, SafetyError
from hil.rig.moves.build import joint_limits
from hil.rig.moves.device_limits import device_limits
from hil.rig.moves.joint import problem, touched
from hil.rig.moves.tracks import Track
from hil.rig.settings import RigSettings
from hil.spec import Limit, RigSpec
from hil.spec.rig import Interlock, outside

_NO_LIMIT = Limit()


class RigLimits:
    """The limits and interlocks of a rig file, over what its devices allow.

    Parameters
    ----------
    settings
        Those of the rig's devices.
    spec
        The rig file.
    folder
        Where it lies; names of matrices are relative to it.

    Attributes
    ----------
    settings
        As given.
    limits
        The rig's own, by canonical name.
    joint
        Limits that span several settings.
    interlocks
        Pairs of a canonical name and what it must read.

    Raises
    ------
    SafetyError
        The rig names a setting that no device has, or a limit that it cannot have.
    """

    def __init__(self, settings: RigSettings, spec: RigSpec, folder: Path | None = None) -> None:
        self.settings = settings
        self.limits: dict[str, Limit] = {}
        for given, limit in spec.limits.items():
            name, own = self._canonical_limit(given, limit)
            if name in self.limits:
                raise SafetyError(f"{name} has limits under two names", f'limits."{given}"')
            self.limits[name] = own
        self.joint = (
            *joint_limits(spec, folder or Path(), self._canonical_numbers),
            *device_limits(settings.devices),
        )
        self._tracks: dict[str, Track] = {}
        self.interlocks = tuple(self._interlock(i, lock) for i, lock in enumerate(spec.interlock))

    def limit(self, name: str) -> Limit:
        """Return the rig's own limit of a setting (canonical name); an empty one if it has none."""
        return self.limits.get(name, _NO_LIMIT)

    def bounds(self, name: str) -> tuple[float, float]:
        """Low and high that device and rig together allow; infinite where neither says."""
        setting, limit = self.settings.known[name], self.limit(name)
        lows = [low for low in (setting.low, limit.low) if low is not None]
        highs = [high for high in (setting.high, limit.high) if high is not None]
        return max(lows, default=-math.inf), min(highs, default=math.inf)

    def choices(self, name: str) -> tuple[Value, ...]:
        """Choices that device and rig together allow."""
        allowed = self.limit(name).choices
        return tuple(
            c for c in self.settings.known[name].choices if allowed is None or c in allowed
        )

    def check(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Check a command without sending it; return the canonical, expanded targets.

        Limits together take what is not in ``values`` from the devices.

        Raises
        ------
        SafetyError
        """
        targets = self.check_each(values)
        limits = touched(self.joint, targets)
        others = {name for limit in limits for name in limit.settings} - targets.keys()
        self.check_joint({**self.numbers(sorted(others)), **targets}, targets)
        return targets

    def check_each(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Check settings each by itself, as parts of commands whose others are not known yet.

        Raises
        ------
        SafetyError
        """
        targets = self.settings.targets(values)
        for name, value in targets.items():
            self.check_value(name, value)
        return {name: self.typed(name, value) for name, value in targets.items()}

    def check_joint(self, values: Mapping[str, Value], changed: Mapping[str, Value]) -> None:
        """Check settings together, those limits that span any of the changed ones.

        Raises
        ------
        SafetyError
        """
        for limit in touched(self.joint, changed):
            if said := problem(limit, values):
                raise SafetyError(said)

    def joint_problem(self, values: Mapping[str, Value]) -> str:
        """Say which limit that spans several settings a full set of values passes; empty if none.

        Parameters
        ----------
        values
            Under canonical names; all of `joint_settings`.
        """
        return next((said for limit in self.joint if (said := problem(limit, values))), "")

    @property
    def joint_settings(self) -> tuple[str, ...]:
        """The settings that limits across several depend on."""
        return tuple(dict.fromkeys(name for limit in self.joint for name in limit.settings))

    def joint_passed(self) -> list[str]:
        """Say which limits across settings are passed as the devices stand.

        Raises
        ------
        DriverError, RigError
        """
        present = self.numbers(self.joint_settings)
        return [said for limit in self.joint if (said := problem(limit, present))]

    def numbers(self, names: Sequence[str]) -> dict[str, Value]:
        """Ask the devices for values without which a move cannot be judged.

        Raises
        ------
        DriverError
        RigError
            One reads no finite number.
        """
        found = self.settings.values(names)
        for name, value in found.items():
            is_text = isinstance(value, str) and self.settings.known[name].kind != "choice"
            if is_text or not (isinstance(value, str) or math.isfinite(value)):
                raise RigError(f"read-back: {name} reads {value!r}, allowed: a finite number")
        return found

    def typed(self, name: str, value: Value) -> Value:
        """Give an allowed value the type that its device describes: an integer, a choice."""
        setting = self.settings.known[name]
        if setting.kind == "choice":
            return next(choice for choice in setting.choices if choice == value)
        return int(value) if setting.kind == "int" else value

    def tolerance(self, name: str) -> float:
        """How far a read-back may lie from the request, in the setting's unit."""
        own = self.limit(name).tolerance
        return self.settings.known[name].tolerance if own is None else own

    def track(self, name: str) -> Track:
        """How a setting (canonical name) may be moved."""
        if name not in self._tracks:
            self._tracks[name] = self._new_track(name)
        return self._tracks[name]

    def _new_track(self, name: str) -> Track:
        setting, limit = self.settings.known[name], self.limit(name)
        low, high = self.bounds(name)
        numbers = [c for c in limit.choices or () if not isinstance(c, str)]
        if setting.kind == "choice":
            numbers = []
        backlash = setting.backlash if limit.backlash is None else limit.backlash
        return Track(
            name,
            low,
            high,
            whole=setting.kind == "int",
            choices=tuple(sorted(float(c) for c in numbers)),
            approach=limit.approach if setting.kind != "choice" else "any",
            backlash=backlash,
            tolerance=setting.tolerance,
            max_step=math.inf if limit.max_step is None else limit.max_step,
            slew_per_s=math.inf if limit.slew_per_s is None else limit.slew_per_s,
            light=setting.role == "light",
            darkest=darkest(setting) if setting.role == "light" else None,
        )

    def check_value(self, name: str, value: Value) -> None:
        """Check one value under a canonical name.

        Raises
        ------
        SafetyError
        """
        setting = self.settings.known[name]
        if said := value_problem(setting, value):
            raise SafetyError(said)
        if said := outside(self.limit(name), value):
            raise SafetyError(f"{name} = {value!r} {said}")

    def check_interlocks(self) -> None:
        """Read every interlock.

        Raises
        ------
        InterlockOpen
            Naming the one that is open.
        """
        for name, lock in self.interlocks:
            value = self.settings.value(name)
            said = outside(lock, value).replace("the rig's limit", "the interlock's")
            # What is not known to be shut is open.
            if lock.choices is None and (isinstance(value, str) or math.isnan(value)):
                said = "is no number"
            if said:
                raise InterlockOpen(f"interlock: {name} = {value!r} {said}")

    def _interlock(self, index: int, lock: Interlock) -> tuple[str, Limit]:
        """Make an interlock canonical; one that nothing can open, or shut, is refused."""
        key = f"interlock.{index}"
        setting = self.settings.setting(lock.setting, f"{key}.setting")
        if lock.choices is None:
            if setting.kind == "choice":
                raise SafetyError(f"{lock.setting} has choices and no range, allowed: choices", key)
            return setting.name, Limit(low=lock.low, high=lock.high)
        try:
            choices = [self.settings.canonical(lock.setting, choice)[1] for choice in lock.choices]
        except SafetyError as error:
            raise SafetyError(str(error), f"{key}.choices") from None
        for choice in choices:
            if setting.kind == "choice" and choice not in setting.choices:
                said = f"{setting.name} never reads {choice!r}, allowed: {setting.allowed()}"
                raise SafetyError(said, f"{key}.choices")
        return setting.name, Limit(choices=tuple(choices))

    def _canonical_limit(self, name: str, limit: Limit) -> tuple[str, Limit]:
        key = f'limits."{name}"'
        setting = self.settings.setting(name, key)
        if limit.choices is not None:
            if setting.name != name:
                choices = tuple(
                    self.settings.canonical(name, choice)[1] for choice in limit.choices
                )
                limit = limit.model_copy(update={"choices": choices})
            for choice in limit.choices or ():
                if said := value_problem(setting, choice):
                    raise SafetyError(said, f"{key}.choices")
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
        for side in ("max_step", "slew_per_s"):
            bound = getattr(limit, side)
            if bound is None:
                continue
            if setting.kind == "choice":
                raise SafetyError(f"{name} has choices, allowed: for numbers", f"{key}.{side}")
            if side == "max_step" and setting.kind == "int" and bound < 1:
                raise SafetyError(f"{bound:g} is no whole step, allowed: from 1", f"{key}.{side}")
        return setting.name, limit

    def _canonical_numbers(self, names: Sequence[str], key: str) -> tuple[str, ...]:
        found = tuple(self.settings.setting(name, key).name for name in names)
        for name in found:
            if self.settings.known[name].kind == "choice":
                raise SafetyError(f"{name} has choices, allowed: settings with numbers", key)
        if len(set(found)) < len(found):
            raise SafetyError("a setting is named twice, under two names", key)
        return found


def darkest(setting: Setting) -> Value:
    """Value of a light-bearing setting that brings the least light."""
    if setting.park is not None:
        return setting.park
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
