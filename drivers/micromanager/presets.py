"""Presets of Micro-Manager's configuration groups: one choice that sets many settings.

A preset is never handed to the core. It is a set of ordinary settings, each under its canonical
name and checked like any other, so that no limit can be passed by choosing a preset.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from drivers.errors import DriverError, UnknownSetting, ValueRefused
from drivers.micromanager.core import Core
from drivers.micromanager.device import MicroManagerDevice
from drivers.micromanager.values import checked, from_text, matches
from drivers.protocol import Alias, Setting
from drivers.types import Value

LABEL = "Preset"
_RUN_BY_THE_CORE = {("System", "Startup"), ("System", "Shutdown")}
_DISPLAY_ONLY = {("Core", "ChannelGroup")}
"""What only the windows of Micro-Manager look at."""


class PresetDevice:
    """A pseudo device with one setting for each configuration group.

    Parameters
    ----------
    core
        Where the groups are defined.
    devices
        The real devices by label.

    Attributes
    ----------
    warnings
        Which presets are left out, and why.

    Notes
    -----
    A group reads as ``""`` while the settings fit none of its presets. Presets with something that
    is no setting of the devices are left out, and groups without any other.
    """

    def __init__(self, core: Core, devices: Mapping[str, MicroManagerDevice]) -> None:
        self._core = core
        self._devices = devices
        self.warnings: list[str] = []
        self._settings = {s.name: s for d in devices.values() for s in d.describe()}
        self._owner = {s.name: d for d in devices.values() for s in d.describe()}
        self._aliases = {
            alias.name: (s.name, alias) for s in self._settings.values() for alias in s.aliases
        }
        with core.words(LABEL, "reading the configuration groups"):
            groups = [(group, core.getAvailableConfigs(group)) for group in self._groups()]
            groups = [(group, presets) for group, presets in groups if presets]
        offered = [self._describe(group, presets) for group, presets in groups]
        self._presets = {s.name: s for s in offered if s.choices}
        self._moving: tuple[MicroManagerDevice, ...] = ()

    def _groups(self) -> Iterable[str]:
        return self._core.getAvailableConfigGroups()

    @property
    def label(self) -> str:
        """The pseudo device's name."""
        return LABEL

    def describe(self) -> tuple[Setting, ...]:
        """One choice for each group, with what it expands to."""
        return tuple(self._presets.values())

    def read(self, setting: str) -> Value:
        """Name the preset that the devices' settings fit, ``""`` if they fit none."""
        preset = self._setting(setting)
        seen: dict[str, Value] = {}
        for choice, values in preset.expands.items():
            for name in values:
                if name not in seen:
                    seen[name] = self._owner[name].read(name)
            if all(matches(self._settings[name], v, seen[name]) for name, v in values.items()):
                return choice
        return ""

    def start(self, values: Mapping[str, Value]) -> None:
        """Check all that the presets set, then send it to the devices."""
        wanted: dict[MicroManagerDevice, dict[str, Value]] = {}
        for name, value in values.items():
            preset = self._setting(name)
            for target, target_value in preset.expands[checked(preset, value)].items():
                wanted.setdefault(self._owner[target], {})[target] = target_value
        for device, targets in wanted.items():
            device.check(targets)
        self._moving = tuple(wanted)
        for device, targets in wanted.items():
            device.start(targets)

    def settle(self, timeout_s: float) -> None:
        """Wait for every device that the presets set."""
        for device in self._moving:
            device.settle(timeout_s)

    def stop(self) -> None:
        """Stop what the presets set. Any thread; never raises."""
        for device in self._moving:
            device.stop()

    def _setting(self, name: str) -> Setting:
        if name not in self._presets:
            raise UnknownSetting(name, tuple(self._presets))
        return self._presets[name]

    # --- from the core's words to settings -------------------------------------------------------

    def _describe(self, group: str, presets: Iterable[str]) -> Setting:
        expands: dict[Value, Mapping[str, Value]] = {}
        for preset in presets:
            if (group, preset) in _RUN_BY_THE_CORE:
                continue
            try:
                with self._core.words(LABEL, "reading it"):
                    lines = [tuple(line) for line in self._core.getConfigData(group, preset)]
                expands[preset] = dict(
                    self._target(label, prop, text)
                    for label, prop, text in lines
                    if (label, prop) not in _DISPLAY_ONLY
                )
            except (DriverError, ValueError) as error:
                self.warnings.append(f"preset {preset} of group {group} is left out: {error}")
        return Setting(
            f"{LABEL}.{group}", "choice", choices=tuple(expands), role="preset", expands=expands
        )

    def _target(self, label: str, prop: str, text: str) -> tuple[str, Value]:
        if label != "Core" and label not in self._devices:
            raise ValueError(f"there is no device {label!r}")
        name, alias = f"{label}.{prop}", None
        if (label, prop) == ("Core", "Shutter"):
            name = f"{self._core.getCameraDevice()}.auto_shutter"
        if name in self._aliases:
            name, alias = self._aliases[name]
        if name not in self._settings:
            raise UnknownSetting(name)
        value = _aliased(alias, text) if alias and alias.values else None
        if prop == "Label" and text not in self._settings[name].choices:
            value = self._place(label, text, self._settings[name])
        if value is None:
            value = from_text(self._settings[name], text)
        return name, checked(self._settings[name], value)

    def _place(self, label: str, text: str, wheel: Setting) -> Value | None:
        """Find the place that the core means by a name which several places were given."""
        try:
            with self._core.words(label, f"looking for {text}"):
                return wheel.choices[self._core.getStateFromLabel(label, text)]
        except DriverError:
            return None


def _aliased(alias: Alias, text: str) -> Value:
    values = alias.values or {}
    for key, value in values.items():
        if str(key) == text:
            return value
    raise ValueRefused(alias.name, text, "one of " + ", ".join(str(key) for key in values))
