"""The ``[[driver]]`` table of kind ``"epics"``."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from drivers.epics.channels import Channels, require_caproto
from drivers.epics.detector import AreaDetector, detector_names
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

    def __init__(self, table: EpicsTable, channels: Channels) -> None:
        self._channels = channels
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
        """Version of caproto."""
        return {"caproto": version("caproto")}

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
        require_caproto()
        return checked

    def resources(self, options: EpicsTable) -> tuple[str, ...]:
        """Name the variables that are written: they are the network's, not this computer's."""
        written = [s.pv for s in options.settings if not s.read_only]
        if options.camera is not None:
            written.append(options.camera.prefix + options.camera.cam)
        return tuple(f"epics:{name}" for name in dict.fromkeys(written))

    def open(self, options: EpicsTable) -> EpicsConnection:
        """Find all variables, and ask what they are. Writes none but the camera's mode.

        Raises
        ------
        DriverError
        """
        names = [
            name
            for setting in options.settings
            for name in (setting.pv, setting.readback, setting.done, setting.stop)
            if name is not None
        ]
        if options.camera is not None:
            names += detector_names(options.camera).values()
        label = (
            options.label if options.settings or options.camera is None else options.camera.label
        )
        channels = Channels(label, names, options.addresses, options.timeout_s, options.alarm)
        try:
            return EpicsConnection(options, channels)
        except BaseException:
            channels.close()
            raise


KIND = EpicsKind()
