"""The ``[[driver]]`` table of kind ``"epics"``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from drivers.epics.described import PVA
from drivers.epics.detector import AreaDetector, detector_names
from drivers.epics.missing import require
from drivers.epics.routed import RoutedChannels
from drivers.epics.tables import EpicsTable
from drivers.epics.variables import VariablesDevice
from drivers.protocol import Device


class EpicsConnection:
    """Process variables, connected.

    Parameters
    ----------
    table
        What the rig file says.
    channels
        Closed at the end.
    """

    def __init__(self, table: EpicsTable, channels: RoutedChannels) -> None:
        self._channels, self._names = channels, variable_names(table)
        self._devices: dict[str, Device] = {}
        if table.settings:
            self._devices[table.label] = VariablesDevice(table.label, table.settings, channels)
        if table.camera is not None:
            self._devices[table.camera.label] = AreaDetector(table.camera, channels)

    @property
    def devices(self) -> Mapping[str, Device]:
        """Settings and camera by their labels."""
        return self._devices

    @property
    def versions(self) -> Mapping[str, str]:
        """Versions of the clients that are used."""
        return {package: version(package) for package in _packages(self._names)}

    def close(self) -> None:
        """Stop, and let go of the variables. Safe to call twice."""
        self._channels.close()


class EpicsKind:
    """How process variables are opened.

    Attributes
    ----------
    imports
        What `open` imports.
    """

    imports = ("caproto.threading.client",)

    def options(self, table: Mapping[str, Any], folder: Path) -> EpicsTable:
        """Check a ``[[driver]]`` table.

        Raises
        ------
        ConfigError, pydantic.ValidationError
        """
        checked = EpicsTable.model_validate(dict(table))
        for package in _packages(variable_names(checked)):
            require(package)
        return checked

    def resources(self, options: EpicsTable) -> tuple[str, ...]:
        """Name the variables that are written: they are the network's, not this computer's."""
        written = [s.pv for s in options.settings if not s.read_only]
        if options.camera is not None:
            written.append(options.camera.prefix + options.camera.cam)
        bare = [name.removeprefix(PVA) for name in written]  # one record, whoever asks it how
        return tuple(f"epics:{name}" for name in dict.fromkeys(bare))

    def open(self, options: EpicsTable) -> EpicsConnection:
        """Find all variables, and ask what they are. Writes none but the camera's mode.

        Raises
        ------
        DriverError
        """
        label = (
            options.label if options.settings or options.camera is None else options.camera.label
        )
        names = variable_names(options)
        channels = RoutedChannels(label, names, options.addresses, options.timeout_s, options.alarm)
        try:
            return EpicsConnection(options, channels)
        except BaseException:
            channels.close()
            raise


def variable_names(table: EpicsTable) -> list[str]:
    """Name all variables that will be asked for, those of PV Access with ``pva://``."""
    names = [
        name
        for setting in table.settings
        for name in (setting.pv, setting.readback, setting.done, setting.stop)
        if name is not None
    ]
    if table.camera is not None:
        names += detector_names(table.camera).values()
    return names


def _packages(names: Sequence[str]) -> tuple[str, ...]:
    by_pva = {name.startswith(PVA) for name in names}
    return (*(["caproto"] if False in by_pva else []), *(["p4p"] if True in by_pva else []))


KIND = EpicsKind()
