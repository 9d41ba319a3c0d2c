"""What two files alone say of a session: where nothing simulated can stand in for its rig."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from drivers.types import Value
from hil.spec import RigSpec, SessionFile, SessionSpec


@dataclass(frozen=True, slots=True)
class Stated:
    """What is known without a simulated rig; everything else is not.

    Parameters
    ----------
    trials, frames
        Of the session, if no rule ends it before.
    exposure_s
        Least and most that its exposures last, all together; NaN where no file states one.
    rest_s
        Waits after moves that the rig file states, all together, seconds.
    dose_mj
        Least and most light of the exposures; NaN where no file states a power in mW.
    limits
        Searched settings with a limit in the rig file, and those without one.
    """

    trials: int
    frames: int
    exposure_s: tuple[float, float]
    rest_s: float
    dose_mj: tuple[float, float]
    limits: tuple[tuple[str, ...], tuple[str, ...]]


def stated(file: SessionFile, present: Mapping[str, Value] | None = None) -> Stated:
    """Read what both files state.

    Parameters
    ----------
    present
        How simulated devices stand where no file says.
    """
    present = present or {}
    spec, rig = file.spec, file.rig.spec
    places, trials = _places(spec)
    frames = places * spec.measure.repeats
    exposure = _range(f"{rig.camera}.exposure_ms", spec, rig, present)
    if spec.measure.sequence is not None:  # it states exposures, and only the driver reads it
        exposure = (math.nan, math.nan)
    power = _power(spec, rig, present)
    exposure_s = (frames * exposure[0] / 1000, frames * exposure[1] / 1000)
    rests = {name: limit.settle_ms / 1000 for name, limit in rig.limits.items()}
    own = max((rests.get(axis.setting, 0.0) for axis in spec.search), default=0.0)
    each = max((rests.get(name, 0.0) for field in spec.measure.listed for name in field), default=0)
    if spec.measure.grid is not None:
        stage = [rest for name, rest in rests.items() if name.endswith((".x_um", ".y_um"))]
        each = max(stage, default=0.0)
    named = [axis.setting for axis in spec.search]
    return Stated(
        trials,
        frames,
        exposure_s,
        trials * own + places * each,
        (exposure_s[0] * power[0], exposure_s[1] * power[1]),
        (
            tuple(name for name in named if name in rig.limits),
            tuple(name for name in named if name not in rig.limits),
        ),
    )


def _places(spec: SessionSpec) -> tuple[int, int]:
    """Count fields of view, blank ones too, of all trials together, and the trials."""
    measure, n_fields = spec.measure, spec.measure.n_fields
    blanks = 0
    if measure.blank is not None:
        blanks = len(measure.blank.fields or ()) or n_fields
    trials, again = spec.trials, spec.remeasured
    if spec.stop.frames is not None:
        trials = min(trials, spec.stop.frames // ((n_fields + blanks) * measure.repeats) or 1)
    if measure.fields != "as needed":
        return trials * (n_fields + blanks), trials
    again = min(again, trials)
    return (trials - again) * measure.n_to_search + again * n_fields, trials


def _range(
    name: str, spec: SessionSpec, rig: RigSpec, present: Mapping[str, Value]
) -> tuple[float, float]:
    """Give the least and most that a setting is going to be; NaN where no file says."""
    for axis in spec.search:
        if axis.setting == name:
            values = [axis.low, axis.high] if axis.choices is None else list(axis.choices)
            numbers = [float(one) for one in values if isinstance(one, int | float)]
            return (min(numbers), max(numbers)) if numbers else (math.nan, math.nan)
    value = spec.fixed.get(name, rig.setup.get(name, present.get(name)))
    held = float(value) if isinstance(value, int | float) else math.nan
    return held, held


def _power(spec: SessionSpec, rig: RigSpec, present: Mapping[str, Value]) -> tuple[float, float]:
    """Give the least and most power at the sample, mW."""
    if rig.dose is not None:
        if rig.dose.table is not None or not rig.dose.power.endswith("_mw"):
            return math.nan, math.nan
        return _range(rig.dose.power, spec, rig, present)
    names = {*present, *rig.setup, *spec.fixed, *(axis.setting for axis in spec.search)}
    lamps = [name for name in sorted(names) if name.endswith(".power_mw")]
    return _range(lamps[0], spec, rig, present) if len(lamps) == 1 else (math.nan, math.nan)
