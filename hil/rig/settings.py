"""The settings of a rig's devices: canonical names, aliases, presets, and what they read now."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from drivers.errors import DriverError
from drivers.protocol import Alias, Device, Setting
from drivers.types import Value
from hil.errors import RigError, SafetyError, nearest
from hil.rig.calls.timed_devices import TimedDevice


class RigSettings:
    """All settings of some devices.

    Parameters
    ----------
    devices
        By label.

    Attributes
    ----------
    devices
        As given.
    known
        Every setting by its canonical name.
    last_read
        What each read when it was last asked, as far as it was: evidence, never a read-back.
    """

    def __init__(self, devices: Mapping[str, Device]) -> None:
        self.devices = dict(devices)
        self.known: dict[str, Setting] = {}
        self.last_read: dict[str, Value] = {}
        self._owner: dict[str, Device] = {}
        self._aliases: dict[str, tuple[str, Alias]] = {}
        for device in devices.values():
            for setting in device.describe():
                self.known[setting.name] = setting
                self._owner[setting.name] = device
                for alias in setting.aliases:
                    self._aliases[alias.name] = (setting.name, alias)

    def check_names(self) -> None:
        """Refuse names that mean two settings, and presets that set what no device has.

        For a whole rig, before anything moves: what a name hides is out of its limits' reach.

        Raises
        ------
        SafetyError
        """
        owners: dict[str, tuple[str, str]] = {}
        for label, device in self.devices.items():
            for setting in device.describe():
                for name in (setting.name, *(alias.name for alias in setting.aliases)):
                    meant = owners.setdefault(name, (label, setting.name))
                    if meant != (label, setting.name):
                        raise SafetyError(
                            f"two settings are named {name!r}, of {meant[0]} and {label}"
                        )
        for name, setting in self.known.items():
            for choice, values in setting.expands.items():
                if unknown := [target for target in values if target not in self.known]:
                    said = f"{name} = {choice!r} sets {unknown[0]!r}, which no device has"
                    raise SafetyError(f"{said}; {nearest(unknown[0], self.known)}")

    def setting(self, name: str, key: str = "") -> Setting:
        """Look a setting up by its canonical name or an alias.

        Parameters
        ----------
        name
            As a person wrote it.
        key
            Where in the rig file, for the message.

        Raises
        ------
        SafetyError
        """
        if name in self._aliases:
            name = self._aliases[name][0]
        if name not in self.known:
            raise SafetyError(f"no setting {name!r}, {nearest(name, self.known)}", key)
        return self.known[name]

    def canonical(self, name: str, value: Value) -> tuple[str, Value]:
        """Translate an alias and its value into the canonical name and value.

        Raises
        ------
        SafetyError
        """
        setting = self.setting(name)
        if name in self._aliases and self._aliases[name][1].values is not None:
            values = self._aliases[name][1].values
            assert values is not None
            if value not in values:
                known = ", ".join(repr(key) for key in values)
                raise SafetyError(f"{name} = {value!r}, allowed: one of {known}")
            value = values[value]
        return setting.name, value

    def canonical_table(self, key: str, table: Mapping[str, Value]) -> dict[str, Value]:
        """Make names and values of a table in the rig file canonical; `key` is where it stands.

        Raises
        ------
        SafetyError
        """
        result = {}
        for given, value in table.items():
            place = f'{key}."{given}"'
            self.setting(given, place)
            try:
                name, value = self.canonical(given, value)
            except SafetyError as error:
                raise SafetyError(str(error), place) from None
            result[name] = value
        return result

    def targets(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Make names canonical, expand presets, and refuse one quantity named twice.

        Raises
        ------
        SafetyError
        """
        result: dict[str, Value] = {}
        for given, value in values.items():
            name, value = self.canonical(given, value)
            expansion = self.known[name].expands.get(value, {})
            for key, wanted in {**expansion, name: value}.items():
                if key in result and result[key] != wanted:
                    raise SafetyError(f"{key} is asked to be both {result[key]!r} and {wanted!r}")
                result[key] = wanted
        return result

    def owner(self, name: str) -> Device:
        """Return the device that has a setting (canonical name)."""
        return self._owner[name]

    def value(self, name: str) -> Value:
        """Ask the device for the present value of a setting (canonical name).

        Raises
        ------
        DriverError
        """
        self.last_read[name] = found = self._owner[name].read(name)
        return found

    def values(self, names: Sequence[str]) -> dict[str, Value]:
        """Ask for present values (canonical names), those of one device in one go.

        Raises
        ------
        DriverError
        """
        of_device: dict[str, list[str]] = {}
        for name in dict.fromkeys(names):
            of_device.setdefault(self._owner[name].label, []).append(name)
        found: dict[str, Value] = {}
        for mine in of_device.values():
            owner = self._owner[mine[0]]
            if isinstance(owner, TimedDevice):
                found |= owner.read_all(mine)
            else:
                found |= {name: owner.read(name) for name in mine}
        self.last_read |= found
        return {name: found[name] for name in names}

    def read(self, names: Iterable[str]) -> dict[str, Value]:
        """Ask the devices for present values, under canonical names.

        Raises
        ------
        SafetyError, RigError
        """
        canonical = [self.setting(name).name for name in names]
        try:
            return self.values(canonical)
        except DriverError as error:
            raise RigError(str(error)) from error

    def present(self, names: Iterable[str], planned: Mapping[str, Value]) -> dict[str, Value]:
        """Ask where settings are, to plan from it.

        Parameters
        ----------
        names
            Any that the devices understand.
        planned
            What is set before anybody relies on it, canonical names.

        Raises
        ------
        SafetyError
        RigError
            A device fails, or answers what is no number where one is needed.
        """
        found = self.read(names)
        for name, value in found.items():
            numeric = self.known[name].kind in ("float", "int") and name not in planned
            if numeric and (isinstance(value, str) or not math.isfinite(value)):
                raise RigError(f"{name} reads {value!r}, allowed: a number")
        return found
