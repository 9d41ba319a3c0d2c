"""Does a device read back what it was asked for? Silence about a difference is no agreement."""

from __future__ import annotations

import math
from collections.abc import Mapping

from drivers.types import Value
from hil.errors import RigError
from hil.rig.safety import Safety

# The rounding of single precision, in which many adapters think.
_RELATIVE = 1e-6


class ReadBackError(RigError):
    """A setting reads back something else than was asked for, or no number.

    Parameters
    ----------
    setting
        Canonical name.
    requested, read
        The two values, in the setting's unit.
    tolerance
        How far apart they may be, in the setting's unit.
    unit
        Of the setting.
    """

    def __init__(
        self, setting: str, requested: Value | None, read: Value, tolerance: float, unit: str = ""
    ) -> None:
        self.setting = setting
        self.requested = requested
        self.read = read
        suffix = f" {unit}" if unit else ""
        if requested is None:
            super().__init__(f"read-back: {setting} reads {read!r}, allowed: a finite number")
            return
        allowed = f", allowed: within {tolerance:g}{suffix}" if tolerance else ""
        super().__init__(
            f"read-back: {setting} was set to {requested!r}{suffix} and reads back"
            f" {read!r}{suffix}{allowed}"
        )


def check_read_back(
    safety: Safety, requested: Mapping[str, Value], read: Mapping[str, Value]
) -> None:
    """Refuse values read back that are not what was asked for.

    Parameters
    ----------
    safety
        Knows the settings and their tolerances: the rig file's, else the driver's.
    requested
        Any names that the devices understand.
    read
        Canonical name to what was read back; those that were not asked for must be finite.

    Raises
    ------
    ReadBackError
        Naming setting, request and read-back.
    SafetyError
        A name is unknown.
    """
    targets = safety.targets(requested)
    for name, seen in read.items():
        setting = safety.settings[name]
        own = safety.limit(name).tolerance
        tolerance = setting.tolerance if own is None else own
        wanted = targets.get(name)
        if not agrees(wanted, seen, tolerance):
            raise ReadBackError(name, wanted, seen, tolerance, setting.unit)


def agrees(wanted: Value | None, seen: Value, tolerance: float) -> bool:
    """Whether a read-back counts as the request.

    Parameters
    ----------
    wanted
        None where nothing was asked for: then any text and any finite number will do.
    seen
        As read.
    tolerance
        In the setting's unit.
    """
    if wanted is None:
        return isinstance(seen, str) or math.isfinite(seen)
    if isinstance(wanted, str) or isinstance(seen, str):
        return wanted == seen
    return abs(seen - wanted) <= tolerance + _RELATIVE * abs(wanted)
