"""The simulated rig that stands in for the real one, with the real one's limits."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from drivers.given import given_text, why
from hil.errors import HilError, InputError, SafetyError, nearest
from hil.rig.plan import Plan
from hil.rig.rig import Rig
from hil.session.run import resolve_on
from hil.spec import DriverSpec, Limit, RigFile, RigSpec, SessionFile
from hil.spec.load import check_against_rig, input_error, load_rig_file
from hil.spec.stricter import stricter
from sim.fault_script import Fault

_SIMULATED = ("sim.", "modal.simulated")


@dataclass(frozen=True, slots=True)
class StandIn:
    """What is run in place of the real rig.

    Parameters
    ----------
    rig
        The simulated rig, with the stricter of both rigs' limits, and no waits of the clock's.
    path
        Of the file that it comes from.
    own
        Whether the session's own rig is simulated, so that nothing stands in for it.
    rest_s
        Setting to the wait after each of its moves that the rig files state, seconds.
    unknown
        What of the real rig's limits it has no settings for.
    """

    rig: RigFile
    path: Path
    own: bool
    rest_s: Mapping[str, float]
    unknown: tuple[str, ...]


def is_simulated(rig: RigSpec) -> bool:
    """Whether no driver of a rig reaches anything real."""
    return all(_reaches_nothing(driver.kind, driver.options) for driver in rig.driver)


def _reaches_nothing(kind: str, options: Mapping[str, Any]) -> bool:
    if kind in ("faulty", "modal"):
        inner = options.get("around", {})
        nested = inner if isinstance(inner, Mapping) else {}
        return _reaches_nothing(str(nested.get("kind", "")), nested)
    return kind.startswith(_SIMULATED)


def find_stand_in(file: SessionFile, on: Path | None) -> StandIn | None:
    """Find the simulated rig of a session.

    Parameters
    ----------
    file
        The session with its real rig; that is read and not opened.
    on
        A rig file, a twin say. Without it the session's own where that is simulated, else the
        nearest simulated one in the same folder: with all settings of the session, and most of the
        settings that the real rig's file names.

    Raises
    ------
    InputError
        `on` cannot be read, reaches something real, or lacks a setting of the session.
    """
    if on is not None:
        rig = load_rig_file(on)
        if not is_simulated(rig.spec):
            kinds = [driver.kind for driver in rig.spec.driver]
            real = next(kind for kind in kinds if not kind.startswith(_SIMULATED))
            raise InputError(
                on, "driver", f"kind {real!r} is not simulated: a rehearsal opens none"
            )
        return _prepared(file, rig, own=False)
    if is_simulated(file.rig.spec):
        return _prepared(file, file.rig, own=True)
    found = [one for one in map(_readable, _beside(file.rig.path)) if one is not None]
    serving = [(one, n) for one in found if (n := _n_shared(file, one)) >= 0]
    if not serving:
        return None
    return _prepared(file, max(serving, key=lambda pair: pair[1])[0], own=False)


def _beside(path: Path) -> list[Path]:
    return sorted(one for one in path.parent.glob("*.toml") if one != path)


def _readable(path: Path) -> RigFile | None:
    try:
        rig = load_rig_file(path)
        return rig if is_simulated(rig.spec) and rig.spec.noise is not None else None
    except InputError:  # sessions and notes lie there too
        return None


def _n_shared(file: SessionFile, rig: RigFile) -> int:
    """Count the settings of the real rig's file that a rig has; -1 where it cannot serve."""
    try:
        with Rig(Plan(rig)) as opened:
            resolve_on(replace(file, rig=rig), opened)
            named = {*file.rig.spec.limits, *file.rig.spec.setup}
            return sum(_knows(opened, name) for name in named)
    except HilError:
        return -1


def _knows(rig: Rig, name: str) -> bool:
    try:
        rig.safety.setting(name)
    except SafetyError:
        return False
    return True


def _prepared(file: SessionFile, rig: RigFile, *, own: bool) -> StandIn:
    rig = replace(rig, spec=rig.spec.model_copy(update={"driver": _fast(rig.spec.driver)}))
    unknown: tuple[str, ...] = ()
    merged = rig
    if not own:
        with Rig(Plan(rig)) as opened:
            limits, unknown = _limits_of(file.rig, lambda name: _knows(opened, name))
        real = RigFile(rig.spec.model_copy(update=limits), "", rig.path)
        merged, _ = stricter(rig, real)
        check_against_rig(file.spec, merged.spec, file.path)
    rests = {
        name: limit.settle_ms / 1000
        for source in (file.rig.spec, merged.spec)
        for name, limit in source.limits.items()
        if limit.settle_ms
    }
    bare = {
        name: limit.model_copy(update={"settle_ms": 0.0})
        for name, limit in merged.spec.limits.items()
    }
    spec = merged.spec.model_copy(update={"limits": bare})
    text = spec.model_dump_json(exclude_unset=True)
    return StandIn(RigFile(spec, text, rig.path), rig.path, own, rests, unknown)


def _fast(drivers: Sequence[DriverSpec]) -> tuple[DriverSpec, ...]:
    """Give the drivers without waiting for motions and exposures: they count on their clock."""
    return tuple(
        driver.model_copy(update={"realtime": False})
        if driver.options.get("realtime") is True
        else driver
        for driver in drivers
    )


def _limits_of(
    real: RigFile, knows: Callable[[str], bool]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Collect the real rig's limits for settings that the stand-in has; and name the others."""
    spec, unknown = real.spec, []
    limits: dict[str, Limit] = {}
    for name, limit in spec.limits.items():
        if knows(name):
            limits[name] = limit
        else:
            unknown.append(name)
    together = [one for one in spec.limits_together if all(map(knows, one.settings))]
    matrices = []
    for one in spec.limits_matrix:
        if all(map(knows, one.settings)):
            files = {
                key: str(real.path.parent / value)
                for key in ("matrix", "max", "flat")
                if isinstance(value := getattr(one, key), str)
            }
            matrices.append(one.model_copy(update=files))
    n_left = len(spec.limits_together) + len(spec.limits_matrix) - len(together) - len(matrices)
    if n_left:
        unknown.append(f"{n_left} across settings")
    found = {
        "limits": limits,
        "limits_together": tuple(together),
        "limits_matrix": tuple(matrices),
    }
    return found, tuple(unknown)


def with_faults(rig: RigFile, path: Path) -> RigFile:
    """Put faults on purpose around every driver of a stand-in.

    Parameters
    ----------
    rig
        The stand-in.
    path
        A file of ``[[fault]]`` tables, and ``seed``; see `sim.fault_script`.

    Raises
    ------
    InputError
    """
    try:
        table = tomllib.loads(given_text(path))
    except FileNotFoundError:
        raise InputError(path, "", "no such file") from None
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(path, "", f"cannot be read: {why(error)}") from None
    for key in table:
        if key not in ("seed", "fault"):
            raise InputError(path, key, f"unknown key, {nearest(key, ('seed', 'fault'))}")
    faults, seed = table.get("fault", []), table.get("seed", 0)
    if not isinstance(faults, list) or not faults:
        raise InputError(path, "fault", "missing: [[fault]] tables say what goes wrong")
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise InputError(path, "seed", f"{seed!r}, allowed: a whole number from 0")
    checked = []
    for i, fault in enumerate(faults):
        try:
            checked.append(Fault.model_validate(fault))
        except ValidationError as error:
            raise input_error(error, path, fault, prefix=f"fault.{i}") from None
    _check_there(rig, checked, path)
    drivers = [
        DriverSpec(kind="faulty", seed=seed, around=driver.model_dump(mode="json"), fault=faults)
        for driver in rig.spec.driver
    ]
    spec = rig.spec.model_copy(update={"driver": tuple(drivers)})
    return replace(
        rig, spec=spec, text=json.dumps(spec.model_dump(mode="json", exclude_unset=True))
    )


def _check_there(rig: RigFile, faults: Sequence[Fault], path: Path) -> None:
    """Refuse faults of devices and settings that a stand-in has not: they would strike nothing."""
    if not any(fault.device or fault.setting for fault in faults):
        return
    with Rig(Plan(rig)) as opened:
        devices = {*opened.safety.devices, "driver"}  # what opens and closes goes by that name
        settings = set(opened.safety.settings)
    for i, fault in enumerate(faults):
        for key, name, known in (
            ("device", fault.device, devices),
            ("setting", fault.setting, settings),
        ):
            if name and name not in known:
                said = f"{name!r} is none of the stand-in's; {nearest(name, known)}"
                raise InputError(path, f"fault.{i}.{key}", said)
