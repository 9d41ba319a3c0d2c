"""The steps of a calibration, in the words of the devices that are there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from drivers.protocol import Setting
from drivers.types import Value
from hil.errors import InputError, SafetyError
from hil.rig.safety import Safety
from hil.spec import CalibrateSpec, RigSpec
from hil.spec.calibrate import Vary

Kind = Literal["dark", "lit", "flat"]


@dataclass(frozen=True, slots=True)
class Step:
    """Frames at one setting of everything.

    Parameters
    ----------
    kind
        ``"dark"``, ``"lit"``, or ``"flat"``: lit by an even field.
    settings
        What is applied first; canonical names.
    n_frames
        How many frames.
    light
        Level of the light in a unit of its own, exposure left aside.
    """

    kind: Kind
    settings: Mapping[str, Value]
    n_frames: int
    light: float

    def __str__(self) -> str:
        shown = ", ".join(
            f"{name} = {value:.6g}" if isinstance(value, float) else f"{name} = {value}"
            for name, value in self.settings.items()
        )
        return f"{self.kind}: {shown}"


@dataclass(frozen=True, slots=True)
class Recipe:
    """All steps in order: dark first, then from dim to bright.

    Parameters
    ----------
    setup
        What is applied before all steps.
    steps
        What is done.
    varied
        Canonical name of the setting that brings more and less light.
    exposure_ms
        The longest exposure that a step asks for; 0 if none asks for any.
    """

    setup: Mapping[str, Value]
    steps: tuple[Step, ...]
    varied: str
    exposure_ms: float

    @property
    def n_frames(self) -> int:
        """Frames of all steps."""
        return sum(step.n_frames for step in self.steps)


def plan_recipe(
    spec: CalibrateSpec,
    rig: RigSpec,
    safety: Safety,
    where: str | Path,
    *,
    repeats: int | None = None,
    flat: bool = False,
) -> Recipe:
    """Check a recipe against the devices, on the device thread; nothing moves.

    Parameters
    ----------
    spec
        From the rig file.
    rig
        Its setup counts as applied.
    safety
        The devices with their limits.
    where
        The rig file, for messages.
    repeats
        Instead of the number in the file.
    flat
        Whether a flat field is taken too.

    Raises
    ------
    InputError
        A step asks for what is not there or not allowed.
    """
    if flat and spec.flat is None:
        raise InputError(where, "calibrate.flat", "missing: --flat needs a recipe for a flat field")
    n = repeats or spec.repeats
    n_flat = spec.flat.frames if flat and spec.flat is not None else 0
    varied = _varied(spec.vary, safety, where)
    proportional = _is_proportional(spec.vary, varied)
    dark = _targets(spec.dark.set, safety, where, "calibrate.dark.set")
    setup = {**safety.targets(rig.setup), **_targets(spec.set, safety, where, "calibrate.set")}
    lit = _as_set_up([*dark, varied.name], setup, safety)

    def lit_step(kind: Kind, table: Mapping[str, Value], key: str, frames: int) -> Step:
        settings = {**lit, **_targets(table, safety, where, key)}
        level = settings[varied.name]
        amount = float(level) if proportional and varied.role != "exposure" else 1.0
        return Step(kind, settings, frames, amount)

    steps = [Step("dark", dark, max(n, n_flat), 0.0)]
    if spec.dark.long:
        long = _targets(spec.dark.long, safety, where, "calibrate.dark.long")
        steps.append(Step("dark", {**dark, **long}, n, 0.0))
    steps += [
        lit_step("lit", {spec.vary.setting: level}, "calibrate.vary", n)
        for level in spec.vary.levels
    ]
    if n_flat and spec.flat is not None:
        steps.append(lit_step("flat", spec.flat.set, "calibrate.flat.set", n_flat))
    for step in (Step("lit", setup, 0, 0.0), *steps):
        try:
            safety.check(step.settings)
        except SafetyError as error:
            raise InputError(where, "calibrate", f"{step.kind} frames: {error}") from None
    return Recipe(setup, tuple(steps), varied.name, _longest_ms(steps, safety))


def _varied(vary: Vary, safety: Safety, where: str | Path) -> Setting:
    """Find the setting that is varied."""
    try:
        setting = safety.setting(vary.setting)
    except SafetyError as error:
        raise InputError(where, "calibrate.vary.setting", str(error)) from None
    if setting.read_only:
        raise InputError(where, "calibrate.vary.setting", f"{setting.name} is read-only")
    if setting.kind == "choice" and vary.choices is None:
        raise InputError(where, "calibrate.vary", f"{setting.name} has no range, allowed: choices")
    return setting


def _is_proportional(vary: Vary, setting: Setting) -> bool:
    if vary.proportional is not None:
        return vary.proportional
    return setting.role == "exposure" or (setting.role == "light" and setting.unit == "mw")


def _targets(
    table: Mapping[str, Value], safety: Safety, where: str | Path, key: str
) -> dict[str, Value]:
    """Make names canonical and expand presets."""
    result: dict[str, Value] = {}
    for name, value in table.items():
        try:
            result |= safety.targets({name: value})
        except SafetyError as error:
            raise InputError(where, f'{key}."{name}"', str(error)) from None
    return result


def _as_set_up(
    names: Iterable[str], setup: Mapping[str, Value], safety: Safety
) -> dict[str, Value]:
    """Tell what settings are once the rig is set up."""
    wanted = [name for name in names if safety.settings[name].role != "preset"]
    found = safety.read([name for name in wanted if name not in setup])
    return {name: setup[name] if name in setup else found[name] for name in wanted}


def _longest_ms(steps: Iterable[Step], safety: Safety) -> float:
    exposures = [name for name, setting in safety.settings.items() if setting.role == "exposure"]
    present = safety.read(exposures)
    asked = [
        float(step.settings[name]) for step in steps for name in exposures if name in step.settings
    ]
    return max([*asked, *(float(value) for value in present.values())], default=0.0)
