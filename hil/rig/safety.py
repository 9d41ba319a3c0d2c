"""Limits, interlocks and parking. Every command to a device passes through `Safety`.

The order of a command: interlocks are read; names become canonical and presets are expanded; every
value is checked against the device's limits, the rig's and the limits together; and only then is
the first device told. Light comes last on the way up, and first on the way to the safe state.

All methods but `halt` are called on the device thread.
"""

from __future__ import annotations

from collections.abc import Mapping

from drivers.protocol import Device
from hil.rig.limits import RigLimits
from hil.rig.motion import RigMotion
from hil.rig.settings import RigSettings
from hil.spec import RigSpec


class Safety:
    """The one way to the devices of a rig: what `RigSettings`, `RigLimits` and `RigMotion` offer.

    Parameters
    ----------
    devices
        By label.
    spec
        The rig's limits, interlocks and park steps.

    Raises
    ------
    SafetyError
        The rig names a setting that no device has, or two devices claim one name.
    """

    def __init__(self, devices: Mapping[str, Device], spec: RigSpec) -> None:
        names = RigSettings(devices)
        self.devices, self.settings = names.devices, names.known
        self.setting, self.canonical, self.read = names.setting, names.canonical, names.read
        self.canonical_table, self.targets = names.canonical_table, names.targets
        limits = RigLimits(names, spec)
        self.rules, self.together_problem = limits.rules, limits.together_problem
        self.bounds, self.choices, self.limit = limits.bounds, limits.choices, limits.limit
        self.check, self.check_interlocks = limits.check, limits.check_interlocks
        motion = RigMotion(limits, spec)
        self.park_steps = motion.park_steps
        self.apply, self.park, self.halt = motion.apply, motion.park, motion.halt
