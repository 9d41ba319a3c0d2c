"""Light at the sample: the integral of its power over the time that it is lit.

1 mW for 1 s is 1 mJ. With a lamp that the camera triggers the dose of a trial is known before it
starts; where the sample is always lit it is metered, settling and reading out included.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from drivers.types import Value
from hil.errors import InputError, SafetyError
from hil.rig.safety import Safety
from hil.spec import DoseSpec, RigSpec


@dataclass(frozen=True, slots=True)
class SampleLight:
    """How settings become power at the sample.

    Parameters
    ----------
    power
        Canonical name of the setting that changes the light.
    values, power_mw
        Its table; empty where the setting is in mW at the sample.
    shutter, opened
        The shutter's setting, empty if there is none, and what it reads when open.
    triggered
        Whether the sample is lit during exposures alone.
    """

    power: str
    values: tuple[float, ...] = ()
    power_mw: tuple[float, ...] = ()
    shutter: str = ""
    opened: Value | None = None
    triggered: bool = True

    @property
    def settings(self) -> tuple[str, ...]:
        """The settings that it depends on."""
        return (self.power, self.shutter) if self.shutter else (self.power,)

    def at_sample_mw(self, settings: Mapping[str, Value]) -> float:
        """Power at the sample with the shutter open, mW."""
        value = float(settings[self.power])
        return float(np.interp(value, self.values, self.power_mw)) if self.values else value

    def lit_mw(self, settings: Mapping[str, Value]) -> float:
        """Power at the sample as the shutter stands, mW."""
        shut = self.shutter and settings[self.shutter] != self.opened
        return 0.0 if shut else self.at_sample_mw(settings)


def light_path(rig: RigSpec, safety: Safety, where: str | Path) -> SampleLight | None:
    """Find how light reaches the sample; None where the rig does not say.

    A rig with one setting in mW needs no ``[dose]``: it is taken as the power at the sample during
    exposures.

    Parameters
    ----------
    rig, safety
        The rig file, and the devices.
    where
        The rig file, for messages.

    Raises
    ------
    InputError
        ``[dose]`` does not fit the devices.
    """
    if rig.dose is None:
        powers = [n for n, s in safety.settings.items() if s.role == "light" and s.unit == "mw"]
        return SampleLight(powers[0]) if len(powers) == 1 else None
    return _stated(rig.dose, safety, where)


def _stated(spec: DoseSpec, safety: Safety, where: str | Path) -> SampleLight:
    try:
        power = safety.setting(spec.power)
    except SafetyError as error:
        raise InputError(where, "dose.power", str(error)) from None
    if power.kind == "choice":
        raise InputError(where, "dose.power", f"{power.name} has choices, allowed: a number")
    low, high = safety.bounds(power.name)
    values = tuple(value for value, _ in spec.table or ())
    if not values and power.unit != "mw":
        raise InputError(where, "dose.table", f"missing: {power.name} is not in mW")
    if values and not values[0] <= low <= high <= values[-1]:
        raise InputError(
            where,
            "dose.table",
            f"from {values[0]:g} to {values[-1]:g}, but {power.name} may be from {low:g} to"
            f" {high:g}: extend the table, or tighten the setting's limits",
        )
    shutter, opened = "", spec.open
    if spec.shutter is not None and spec.open is not None:
        try:
            shutter, opened = safety.canonical(spec.shutter, spec.open)
        except SafetyError as error:
            raise InputError(where, "dose.shutter", str(error)) from None
        choices = safety.settings[shutter].choices
        if choices and opened not in choices:
            allowed = safety.settings[shutter].allowed()
            raise InputError(where, "dose.open", f"{spec.open!r}, allowed: {allowed}")
    mw = tuple(mw for _, mw in spec.table or ())
    return SampleLight(power.name, values, mw, shutter, opened, spec.lit == "exposures")


class DoseMeter:
    """Adds up the light that reaches the sample.

    Parameters
    ----------
    path
        How light reaches it; None where that is not known, and the dose is NaN.
    present
        The settings of the path as they are now.
    monotonic
        Seconds that never run backwards.
    """

    def __init__(
        self,
        path: SampleLight | None,
        present: Mapping[str, Value],
        monotonic: Callable[[], float],
    ) -> None:
        self._path = path
        self._monotonic = monotonic
        self._present = {name: present[name] for name in path.settings} if path else {}
        self._power_mw = path.lit_mw(self._present) if path else math.nan
        self._since_s = monotonic()
        self._mj = 0.0 if path else math.nan

    def moved(self, read_back: Mapping[str, Value]) -> None:
        """Note settings that have just settled; until then the brighter of both counts."""
        if self._path is None:
            return
        self._present |= {name: read_back[name] for name in self._present if name in read_back}
        before_mw, self._power_mw = self._power_mw, self._path.lit_mw(self._present)
        self._charge(max(before_mw, self._power_mw))

    def exposed(self, exposure_ms: float, n_frames: int) -> None:
        """Note frames that have just been taken."""
        if self._path is None:
            return
        if self._path.triggered:
            self._mj += self._path.at_sample_mw(self._present) * exposure_ms / 1000 * n_frames
        else:
            self._charge(self._power_mw)

    def dark(self) -> None:
        """Note that the rig has been parked."""
        if self._path is not None:
            self._charge(self._power_mw)
            self._power_mw = 0.0

    def take(self) -> float:
        """Give the dose since it was last taken, mJ; NaN where it is not known."""
        if self._path is None:
            return math.nan
        if not self._path.triggered:
            self._charge(self._power_mw)
        taken, self._mj = self._mj, 0.0
        return taken

    def _charge(self, power_mw: float) -> None:
        assert self._path is not None
        now_s = self._monotonic()
        if not self._path.triggered:
            self._mj += power_mw * (now_s - self._since_s)
        self._since_s = now_s
