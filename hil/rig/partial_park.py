"""The park of some of a rig's devices: those steps and limits that they know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from drivers.protocol import Device
from drivers.types import Value
from hil.errors import SafetyError
from hil.rig.limits import RigLimits, darkest
from hil.rig.motion import planned
from hil.rig.parking import Parking
from hil.rig.settings import RigSettings
from hil.spec import Limit, RigFile, RigSpec


def parking_of(devices: Mapping[str, Device], file: RigFile) -> Parking:
    """Make the park of some of a rig's devices.

    Parameters
    ----------
    devices
        Those that were reached, by label.
    file
        The whole rig's.

    Raises
    ------
    DriverError
        One does not say what it has.
    """
    settings, spec = RigSettings(devices), file.spec
    steps: list[Mapping[str, Value]] = [
        dict([settings.canonical(name, value)])
        for step in spec.park
        for name, value in step.set.items()
        if knows(settings, name)
    ]
    if not spec.park:
        steps = [
            {setting.name: darkest(setting)}
            for setting in settings.known.values()
            if setting.role == "light" and not setting.read_only
        ]
    try:
        limits = RigLimits(settings, _known_limits(settings, spec), file.path.parent)
    except Exception:  # a matrix that is gone must not leave a lamp on
        return Parking(settings, steps, lambda name: spec.limits.get(name, Limit()))
    return Parking(
        settings,
        steps,
        limits.limit,
        lambda step: planned(limits, step, straight=True),
        limits.joint_passed,
    )


def _known_limits(settings: RigSettings, spec: RigSpec) -> RigSpec:
    """Leave out of a rig file's limits what the devices that were reached do not have."""

    def all_known(names: Sequence[str]) -> bool:
        return all(knows(settings, name) for name in names)

    return spec.model_copy(
        update={
            "limits": {n: limit for n, limit in spec.limits.items() if knows(settings, n)},
            "limits_together": tuple(r for r in spec.limits_together if all_known(r.settings)),
            "limits_matrix": tuple(r for r in spec.limits_matrix if all_known(r.settings)),
            "interlock": (),
        }
    )


def knows(settings: RigSettings, name: str) -> bool:
    """Whether one of the devices has a setting of that name."""
    try:
        settings.setting(name)
    except SafetyError:
        return False
    return True
