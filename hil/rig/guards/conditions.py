"""What was commanded when frames were taken, as far as it explains how they look."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from drivers.types import Value
from hil.rig.safety import Safety

Pairs: TypeAlias = tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Conditions:
    """The settings behind one capture, those that place the field of view left out.

    Parameters
    ----------
    values
        All that are known.
    switches
        Those of them with choices, whole numbers, or a region: what may change a frame's form.
    lights
        Those that bring light.
    exposure_ms, exposure_tolerance_ms
        As the camera reads it back when asked, and how far frames may say otherwise; None where the
        camera has no such setting.
    """

    values: Pairs = ()
    switches: Pairs = ()
    lights: Pairs = ()
    exposure_ms: float | None = None
    exposure_tolerance_ms: float = 0.0

    @property
    def lit(self) -> bool:
        """Whether light is asked for, as far as settings say: 0 is off, whatever is switched."""
        if self.exposure_ms == 0:
            return False
        numbers = [float(v) for _, v in self.lights if isinstance(v, float)]
        switched = [bool(v) for _, v in self.lights if not isinstance(v, float)]
        return all(any(found) for found in (numbers, switched) if found)

    def exposed_alike(self, other: Conditions) -> float | None:
        """Give this exposure in units of another's, where all else that brings light is the same.

        Returns
        -------
        float or None
            None where it is not.
        """
        if self.lights != other.lights or self.switches != other.switches:
            return None
        if self.exposure_ms is None or not other.exposure_ms:
            return 1.0 if self.exposure_ms == other.exposure_ms else None
        return self.exposure_ms / other.exposure_ms


# An exposure is rounded to lines of the sensor.
_EXPOSURE_RELATIVE = 0.01


def exposure_setting(safety: Safety, camera: str) -> str:
    """Name of the camera's exposure setting; empty if it has none."""
    own = [n for n, s in safety.settings.items() if s.role == "exposure"]
    return next((name for name in own if name.rpartition(".")[0] == camera), "")


def conditions(
    safety: Safety, camera: str, present: Mapping[str, Value], placing: Collection[str]
) -> Conditions:
    """Sort what was commanded by what it may explain.

    Parameters
    ----------
    safety
        Knows the settings.
    camera
        Label of the camera.
    present
        What was applied last, as it was read back.
    placing
        Names of the settings that bring fields of view before the camera.
    """
    known = safety.settings
    held = {n: v for n, v in sorted(present.items()) if n in known and n not in placing}
    form = ("binning", "region", "preset")
    exposure = exposure_setting(safety, camera)
    exposure_ms, tolerance_ms = None, 0.0
    if isinstance(read := present.get(exposure, ""), int | float):
        own = safety.limit(exposure).tolerance
        exposure_ms = float(read)
        rounding_ms = max(known[exposure].tolerance, _EXPOSURE_RELATIVE * exposure_ms)
        tolerance_ms = rounding_ms if own is None else own
    return Conditions(
        tuple(held.items()),
        tuple((n, v) for n, v in held.items() if known[n].kind != "float" or known[n].role in form),
        tuple(
            (n, float(v) if known[n].kind == "float" else v)
            for n, v in sorted(present.items())
            if n in known and known[n].role == "light"
        ),
        exposure_ms,
        tolerance_ms,
    )
