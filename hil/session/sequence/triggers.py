"""Whether the images of a sequence can be triggered, said before anything moves.

Between two triggers nobody plans, waits or reads back: the device steps from one state to the next
by itself. So every state must be allowed (`planes` has seen to each setting, the search space to
settings together), and so must be every step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from drivers.errors import ConfigError, DriverError
from drivers.sequence import Plane, Triggered
from drivers.types import Value
from hil.errors import InputError
from hil.rig.safety import Safety

KEY = "measure.triggered"


def check_triggers(
    planes: Sequence[Plane],
    camera: str,
    safety: Safety,
    setup: Mapping[str, Value],
    where: str | Path,
) -> None:
    """Refuse what a trigger cannot do, or may not, on the device thread; nothing moves.

    Parameters
    ----------
    planes
        With all that presets set.
    camera
        Label of the camera whose trigger is followed.
    safety
        The devices with their limits.
    setup
        What is set before the first trial: it may be what lets a device be triggered.
    where
        The session file.

    Raises
    ------
    InputError
    """
    device = safety.devices[camera]
    if not isinstance(device, Triggered):
        raise InputError(where, KEY, f"{camera} triggers nothing, allowed: false")
    if any(plane.after_s for plane in planes):
        raise InputError(where, KEY, "not with an interval in time, allowed: false")
    states = [dict(plane.settings) for plane in planes]
    moving = [name for name in states[0] if len({state[name] for state in states}) > 1]
    moving = [name for name in moving if safety.settings[name].role != "preset"]
    for name in moving:
        if name in safety.joint_settings:
            raise InputError(where, KEY, f"{name} has limits together with others, allowed: false")
        limit = safety.limit(name)
        if limit.slew_per_s is not None or limit.settle_ms:
            raise InputError(where, KEY, f"{name} has to be waited for, allowed: false")
        for before, after in pairwise(states):
            a, b = before[name], after[name]
            if limit.max_step is None or isinstance(a, str) or isinstance(b, str):
                continue
            if abs(b - a) > limit.max_step:
                problem = f"{name} steps from {a:g} to {b:g}, beyond its max_step"
                raise InputError(where, KEY, f"{problem} of {limit.max_step:g}, allowed: false")
    try:
        device.triggers([{name: state[name] for name in moving} for state in states])
    except ConfigError as error:
        if any(name.rpartition(".")[0] == error.key.rpartition(".")[0] for name in setup):
            return  # asked again when the first image is due
        raise InputError(where, KEY, f"{error.key}: {error.problem}, allowed: false") from None
    except DriverError as error:
        raise InputError(where, KEY, str(error)) from None
