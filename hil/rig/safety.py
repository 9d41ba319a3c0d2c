"""Limits, interlocks and parking. Every command to a device passes through `Safety`.

The order of a command: interlocks are read; names become canonical and presets are expanded; every
value is checked against the device's limits, the rig's and those across settings; an order of moves
is found that keeps them all the way; and only then is the first device told. Light comes last on
the way up, and first down. What is read back is compared with the request and the limits.

All methods but `halt` and `darken` are called on the device thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from drivers.protocol import Device
from hil.rig.calls.interlock_watch import InterlockWatch
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
    folder
        Where the rig file lies; names of matrices are relative to it.

    Raises
    ------
    SafetyError
        The rig names a setting that no device has, or two devices claim one name.
    """

    def __init__(
        self, devices: Mapping[str, Device], spec: RigSpec, folder: Path | None = None
    ) -> None:
        names = RigSettings(devices)
        names.check_names()
        self.devices, self.settings = names.devices, names.known
        self.setting, self.canonical, self.read = names.setting, names.canonical, names.read
        self.present = names.present
        self.canonical_table, self.targets = names.canonical_table, names.targets
        limits = self.limits = RigLimits(names, spec, folder)
        self.joint_problem, self.joint_settings = limits.joint_problem, limits.joint_settings
        self.bounds, self.choices, self.limit = limits.bounds, limits.choices, limits.limit
        self.check, self.check_each = limits.check, limits.check_each
        self.check_interlocks = limits.check_interlocks
        motion = RigMotion(limits, spec)
        self.park_steps = motion.park_steps
        self.apply, self.park, self.halt = motion.apply, motion.park, motion.halt
        self.darken, self.hanging_stops = motion.darken, motion.hanging_stops
        self.rested = motion.rested
        self.limits_passed = motion.limits_passed

    def interlocks_watched(self) -> InterlockWatch:
        """Watch the interlocks for the length of a ``with`` block; an open one makes dark at once.

        Leaving the block raises `hil.rig.limits.InterlockOpen` where one has been open.
        """
        active = bool(self.limits.interlocks)
        return InterlockWatch(self.check_interlocks, self._interlock_opened, active=active)

    def _interlock_opened(self) -> None:
        self.darken()
        self.halt()
