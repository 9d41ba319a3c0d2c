"""What may be asked of a rig: limits of the devices, of the rig, and of settings together."""

from __future__ import annotations

import math
from collections.abc import Mapping

from drivers.protocol import Setting
from drivers.types import Value
from hil.errors import InterlockOpen, SafetyError
from hil.rig.settings import RigSettings
from hil.spec import Limit, LimitsTogether, RigSpec
from hil.spec.rig import outside, together

_NO_LIMIT = Limit()


class RigLimits:
    """The limits and interlocks of a rig file, over what its devices allow.

    Parameters
    ----------
    settings
        Those of the rig's devices.
    spec
        The rig file.

    Attributes
    ----------
    settings
        As given.
    limits
        The rig's own, by canonical name.
    rules
        Limits together, with canonical names.
    interlocks
        Pairs of a canonical name and what it must be.

    Raises
    ------
    SafetyError
        The rig names a setting that no device has, or a limit that it cannot have.
    """

    def __init__(self, settings: RigSettings, spec: RigSpec) -> None:
        self.settings = settings
        self.limits = dict(self._canonical_limit(*item) for item in spec.limits.items())
        self.rules = tuple(
            self._canonical_rule(i, rule) for i, rule in enumerate(spec.limits_together)
        )
        self.interlocks = tuple(
            (settings.setting(lock.setting, f"interlock.{i}.setting").name, lock)
            for i, lock in enumerate(spec.interlock)
        )

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
        targets = self.settings.targets(values)
        for name, value in targets.items():
            self.check_value(name, value)
        for rule in self.rules:
            if not targets.keys() & set(rule.settings):
                continue
            together_values = [
                targets[name] if name in targets else self.settings.value(name)
                for name in rule.settings
            ]
            problem = self.together_problem(
                rule, dict(zip(rule.settings, together_values, strict=True))
            )
            if problem:
                raise SafetyError(problem)
        return targets

    def check_value(self, name: str, value: Value) -> None:
        """Check one value under a canonical name.

        Raises
        ------
        SafetyError
        """
        setting = self.settings.known[name]
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
        InterlockOpen
            Naming the one that is open.
        """
        for name, lock in self.interlocks:
            value = self.settings.value(name)
            allowed = Limit(low=lock.low, high=lock.high, choices=lock.choices)
            if problem := outside(allowed, value).replace("the rig's limit", "the interlock's"):
                raise InterlockOpen(f"interlock: {name} = {value!r} {problem}")

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
        names = tuple(self.settings.setting(name, key).name for name in rule.settings)
        for name in names:
            if self.settings.known[name].kind == "choice":
                raise SafetyError(f"{name} has choices, allowed: settings with numbers", key)
        return rule.model_copy(update={"settings": names})


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
