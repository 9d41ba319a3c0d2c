"""Rigs with random limits, and random streams of commands to them; devices that see every command.

A driver of its own records what every command leads to, setting by setting, and holds each state
against the limits by its own arithmetic: plain loops, not those of the program.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from drivers.protocol import Alias, Setting
from drivers.types import Value
from hil.errors import SafetyError
from hil.rig.safety import Safety
from hil.spec import RigSpec

_SLACK = 1e-6
LASERS, STAGES, MODES = ("red", "blue"), ("z", "turret"), ("m0", "m1", "m2")


@dataclass
class Recorder:
    """What all devices of a rig were told, and whether a limit was left.

    Parameters
    ----------
    spec
        The rig file.
    state
        Where every setting is.
    """

    spec: RigSpec
    state: dict[str, Value]
    commands: int = 0
    left: list[str] = field(default_factory=list)

    def sent(self, values: Mapping[str, Value]) -> None:
        """Look at every state that one command can lead through, whatever comes first in it."""
        before = dict(self.state)
        self.commands += 1
        for size in range(1, len(values) + 1):
            for names in itertools.combinations(values, size):
                self._look({**before, **{name: values[name] for name in names}}, before)
        self._steps(before, values)
        self.state.update(values)

    def _steps(self, before: Mapping[str, Value], values: Mapping[str, Value]) -> None:
        for name, value in values.items():
            limit = self.spec.limits.get(name)
            if limit is None:
                continue
            if limit.choices is not None and value not in limit.choices:
                self.left.append(f"{name} = {value} is none of {limit.choices}")
            if limit.low is not None and value < limit.low:
                self.left.append(f"{name} = {value} below {limit.low}")
            if limit.high is not None and value > limit.high:
                self.left.append(f"{name} = {value} above {limit.high}")
            if limit.max_step is not None:
                step = abs(float(value) - float(before[name]))
                if step > limit.max_step * (1 + 1e-6):
                    self.left.append(f"{name} by {step}, at most {limit.max_step}")

    def _look(self, state: Mapping[str, Value], before: Mapping[str, Value]) -> None:
        # A park may have had to pass a limit, and said so: from there nothing goes further out.
        was = [amount for amount, *_ in joint_amounts(self.spec, before)]
        for (amount, low, high, what), old in zip(
            joint_amounts(self.spec, state), was, strict=True
        ):
            if amount > max(high, old) + _SLACK or amount < min(low, old) - _SLACK:
                self.left.append(f"{what} is {amount:g}, allowed {low:g} to {high:g}")


def joint_amounts(
    spec: RigSpec, state: Mapping[str, Value]
) -> list[tuple[float, float, float, str]]:
    """Amount, lowest, highest and name of everything that is limited across settings."""
    found = []
    for rule in spec.limits_together:
        values = [float(state[name]) for name in rule.settings]
        amount = {
            "sum": math.fsum(values),
            "sum_abs": math.fsum(abs(v) for v in values),
            "norm": math.sqrt(math.fsum(v * v for v in values)),
        }[rule.rule]
        found.append((amount, -math.inf if rule.low is None else rule.low, rule.high, rule.rule))
    for limit in spec.limits_matrix:
        values = [float(state[name]) for name in limit.settings]
        for i, row in enumerate(limit.matrix):
            amount = limit.flat[i] + math.fsum(b * z for b, z in zip(row, values, strict=True))
            found.append((amount, -limit.max, limit.max, f"actuator {i}"))
    return found


class RecordingDevice:
    """A device that is at once where it is sent, and tells the recorder."""

    def __init__(self, label: str, settings: tuple[Setting, ...], recorder: Recorder) -> None:
        self.label = label
        self._settings = settings
        self._recorder = recorder

    def describe(self) -> tuple[Setting, ...]:
        """Describe its settings."""
        return self._settings

    def read(self, setting: str) -> Value:
        """Tell where a setting is."""
        return self._recorder.state[setting]

    def start(self, values: Mapping[str, Value]) -> None:
        """Go there at once."""
        for setting in self._settings:
            if setting.kind == "int" and setting.name in values:
                assert isinstance(values[setting.name], int)
        self._recorder.sent(values)

    def settle(self, timeout_s: float) -> None:
        """Be at rest already."""

    def stop(self) -> None:
        """Stay."""


class Stream:
    """One rig with random limits, and what is asked of it.

    Parameters
    ----------
    rng
        Of everything random.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.refused = self.obeyed = self.no_order = self.said = 0
        settings = _settings(rng)
        everything = {s.name: s for own in settings.values() for s in own}
        self.spec = _spec(rng, everything)
        state = _start(self.spec, everything)
        self.recorder = Recorder(self.spec, state)
        devices = {n: RecordingDevice(n, own, self.recorder) for n, own in settings.items()}
        self.safety = Safety(devices, self.spec)
        self.everything = everything

    def propose(self) -> dict[str, Value]:
        """Choose some settings, anywhere in their ranges."""
        names = [n for n in self.everything if n != "preset.channel"]
        chosen = self.rng.sample(names, self.rng.randint(1, len(names)))
        return {name: self._value(name) for name in chosen}

    def _value(self, name: str) -> Value:
        setting, limit = self.everything[name], self.spec.limits.get(name)
        if limit is not None and limit.choices is not None:
            return self.rng.choice(limit.choices)
        low, high = self.safety.bounds(name)
        if setting.kind == "int":
            return self.rng.randint(math.ceil(low), math.floor(high))
        return self.rng.choice(
            [
                low,
                high,
                0.0 if low <= 0 <= high else low,
                *[self.rng.uniform(low, high) for _ in range(3)],
            ]
        )

    def scaled(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Pull a proposal inside, as sessions do: to the edge of what is allowed."""
        start = self.recorder.state
        best: dict[str, Value] = {}
        for i in range(1, 13):
            share = sum(0.5**k for k in range(1, i + 1))
            there = {
                n: float(start[n]) + share * (float(v) - float(start[n]))
                for n, v in values.items()
                if self.everything[n].kind == "float" and not self._chosen(n)
            }
            if self.safety.joint_problem({**start, **there}):
                break
            best = there
        return best

    def _chosen(self, name: str) -> bool:
        limit = self.spec.limits.get(name)
        return limit is not None and limit.choices is not None

    def do(self, what: str) -> None:
        """Ask for one thing; whether it is obeyed or refused, no limit may be left."""
        if what == "park":
            self._park()
            return
        if what == "preset":
            values: dict[str, Value] = {"preset.channel": self.rng.choice(("dim", "bright"))}
        elif what == "alias":
            values = {"turret.alias": self._value("turret.step")}
        elif what == "edge":
            values = self.scaled(self.propose())
        else:
            values = self.propose()
        before, sent = dict(self.recorder.state), self.recorder.commands
        try:
            read = self.safety.apply(values)
        except SafetyError as error:
            self.refused += 1
            self.no_order += "no order" in str(error)
            assert self.recorder.commands == sent, "refused, and moved all the same"
            assert self.recorder.state == before
            return
        self.obeyed += 1
        targets = self.safety.targets(values)
        assert all(read[n] == v for n, v in targets.items() if n != "preset.channel"), read

    def move_by_hand(self) -> None:
        """Leave settings where a person turned them to: anywhere that the devices allow."""
        for name in self.rng.sample(("z.position_um", "turret.step", "mirror.m1"), 2):
            setting = self.everything[name]
            low, high = float(setting.low or 0), float(setting.high or 0)
            whole = setting.kind == "int"
            self.recorder.state[name] = (
                self.rng.randint(int(low), int(high)) if whole else self.rng.uniform(low, high)
            )

    def _park(self) -> None:
        """Park; what no order keeps is passed, and said."""
        left = len(self.recorder.left)
        assert self.safety.park() == []
        if passed := self.safety.limits_passed():
            self.said += 1
            self._explained(self.recorder.left[left:], passed)
            del self.recorder.left[left:]

    def _explained(self, left: list[str], passed: tuple[str, ...]) -> None:
        words = " ".join(passed)
        for one in left:
            kind = one.split(" is ")[0]
            assert kind.split()[0] in words, (one, passed)


def _settings(rng: random.Random) -> dict[str, tuple[Setting, ...]]:
    dim = {f"{n}.power_mw": rng.uniform(0, 3) for n in LASERS}
    bright = {f"{n}.power_mw": rng.uniform(0, 10) for n in LASERS}
    backlash = rng.choice([0.0, rng.uniform(0.1, 4.0)])
    return {
        "z": (
            Setting("z.position_um", "float", "um", -20, 20, role="position", backlash=backlash),
            Setting("z.tilt_mrad", "float", "mrad", -20, 20, backlash=rng.choice([0.0, 2.5])),
        ),
        "turret": (
            Setting(
                "turret.step",
                "int",
                "",
                -9,
                9,
                backlash=rng.choice([0, 0.5, 2.7]),
                aliases=(Alias("turret.alias"),),
            ),
        ),
        **{n: (Setting(f"{n}.power_mw", "float", "mw", 0, 10, role="light"),) for n in LASERS},
        "mirror": tuple(Setting(f"mirror.{n}", "float", "nm", -100, 100) for n in MODES),
        "preset": (
            Setting(
                "preset.channel",
                "choice",
                choices=("dim", "bright"),
                role="preset",
                expands={"dim": dim, "bright": bright},
            ),
        ),
    }


def _spec(rng: random.Random, everything: Mapping[str, Setting]) -> RigSpec:
    modes = [f"mirror.{n}" for n in MODES]
    stages = ["z.position_um", "z.tilt_mrad", "turret.step"]
    together: list[dict[str, Any]] = [
        {"settings": [f"{n}.power_mw" for n in LASERS], "rule": "sum", "high": rng.uniform(3, 14)},
        {
            "settings": rng.sample(stages, rng.randint(2, 3)),
            "rule": rng.choice(["sum_abs", "norm"]),
            "high": rng.uniform(4, 30),
        },
    ]
    if rng.random() < 0.5:
        high = rng.uniform(1, 20)
        together.append(
            {
                "settings": rng.sample(stages, 2),
                "rule": "sum",
                "high": high,
                "low": -rng.uniform(1, 20),
            }
        )
    if rng.random() < 0.5:
        together.append(
            {
                "settings": [*rng.sample(modes, 2), "z.position_um"],
                "rule": "norm",
                "high": rng.uniform(10, 150),
            }
        )
    n_rows = rng.randint(2, 8)
    matrix = {
        "settings": modes,
        "matrix": [[rng.gauss(0, 1) for _ in modes] for _ in range(n_rows)],
        "flat": [rng.uniform(-10, 10) for _ in range(n_rows)],
        "max": rng.uniform(20, 120),
    }
    limits: dict[str, dict[str, Any]] = {
        "z.position_um": {"low": -rng.uniform(0, 20), "high": rng.uniform(0, 20)},
        "z.tilt_mrad": {"choices": [-10, -5.0, 0, 5, 10]} if rng.random() < 0.5 else {},
        "turret.step": {},
        modes[0]: {"max_step": rng.uniform(5, 80)} if rng.random() < 0.5 else {},
    }
    if rng.random() < 0.3:
        limits["turret.step"]["max_step"] = rng.uniform(1, 4)
    for name in ("z.position_um", "z.tilt_mrad", "turret.step"):
        limits[name]["approach"] = rng.choice(["rising", "falling", "any"])
    park = [{"set": {f"{n}.power_mw": 0.0}} for n in LASERS]
    park += [
        {"set": {name: 0 if name == "turret.step" else 0.0}}
        for name in rng.sample([*stages, *modes], rng.randint(0, 5))
    ]
    return RigSpec.model_validate(
        {
            "name": "stream",
            "camera": "camera",
            "driver": [{"kind": "recording"}],
            "limits": limits,
            "limits_together": together,
            "limits_matrix": [matrix],
            "park": park,
        }
    )


def _start(spec: RigSpec, everything: Mapping[str, Setting]) -> dict[str, Value]:
    state: dict[str, Value] = {n: 0 if s.kind == "int" else 0.0 for n, s in everything.items()}
    state["preset.channel"] = "dim"
    return state


KINDS = ("any", "edge", "edge", "preset", "alias", "park")


def run_stream(seed: int, commands: int) -> Stream:
    """Run one stream of commands."""
    rng = random.Random(seed)
    stream = Stream(rng)
    for _ in range(commands):
        stream.do(rng.choice(KINDS))
    return stream
