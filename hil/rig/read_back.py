"""Does a device read back what it was asked for? Silence about a difference is no agreement."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from drivers.types import Value
from hil.errors import RigError
from hil.rig.agreement import agrees
from hil.rig.limits import RigLimits
from hil.rig.moves.joint import touched, vector


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
    all_read
        Everything that was read back with it, canonical names.
    """

    def __init__(
        self,
        setting: str,
        requested: Value | None,
        read: Value,
        tolerance: float,
        unit: str = "",
        all_read: Mapping[str, Value] | None = None,
    ) -> None:
        self.all_read = dict(all_read or {})
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


class OutsideLimit(RigError):
    """A device reads back what a limit of the rig forbids; everything has been parked.

    Parameters
    ----------
    problem
        Which limit, and what was read.
    read
        Canonical name to what was read back.
    not_parked
        What is not known to be safe all the same; empty if nothing.
    """

    def __init__(self, problem: str, read: Mapping[str, Value], not_parked: str = "") -> None:
        self.read = dict(read)
        self.not_parked = not_parked
        ending = f"; NOT parked: {not_parked}" if not_parked else "; parked"
        super().__init__(f"read-back: {problem}{ending}")


def passed_limits(
    limits: RigLimits, read: Mapping[str, Value], late: Mapping[str, Value] | None = None
) -> str:
    """Say which limit values that were read back pass, beyond their tolerances; empty if none.

    Parameters
    ----------
    limits
        The rig's.
    read
        What came back; what is no number is not judged here.
    late
        Where settings are to be that may yet read otherwise: limits across settings take that.

    Raises
    ------
    DriverError, RigError
        What else a limit depends on cannot be read.
    """
    for name, seen in read.items():
        if said := _passed(limits, name, seen):
            return said
    known = {name: seen for name, seen in {**read, **(late or {})}.items() if _is_number(seen)}
    for limit in touched(limits.joint, known):
        if any(name in read and name not in known for name in limit.settings):
            continue
        others = limits.numbers([name for name in limit.settings if name not in known])
        point = vector(limit, {**others, **known})
        # Where a setting stays that nobody asked for, it is known as well as those that were.
        slack = vector(limit, {name: limits.tolerance(name) for name in limit.settings})
        if (limit.excess(point, point) > limit.allowance(slack) + 1e-6 * np.abs(point).max()).any():
            return limit.words(point)
    return ""


def _is_number(value: Value) -> bool:
    return not isinstance(value, str) and bool(np.isfinite(value))


def _passed(limits: RigLimits, name: str, seen: Value) -> str:
    limit, tolerance = limits.limit(name), limits.tolerance(name)
    if limit.choices is not None:
        if any(agrees(choice, seen, tolerance) for choice in limit.choices):
            return ""
        return f"{name} reads {seen!r}, which is none of {list(limit.choices)}"
    if isinstance(seen, str) or not np.isfinite(seen):
        return ""
    low, high = limits.bounds(name)
    if seen < low and not agrees(low, seen, tolerance):
        return f"{name} reads {seen!r}, below {low:g}"
    if seen > high and not agrees(high, seen, tolerance):
        return f"{name} reads {seen!r}, above {high:g}"
    return ""


def check_read_back(
    limits: RigLimits, requested: Mapping[str, Value], read: Mapping[str, Value]
) -> None:
    """Refuse values read back that are not what was asked for.

    Parameters
    ----------
    limits
        Knows the settings and their tolerances: the rig file's, else the driver's.
    requested
        Canonical name to what was asked for.
    read
        Canonical name to what was read back; those that were not asked for must be finite.

    Raises
    ------
    ReadBackError
        Naming setting, request and read-back.
    """
    for name, seen in read.items():
        tolerance, wanted = limits.tolerance(name), requested.get(name)
        if not agrees(wanted, seen, tolerance):
            unit = limits.settings.known[name].unit
            raise ReadBackError(name, wanted, seen, tolerance, unit, read)
