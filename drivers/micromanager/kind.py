"""Every device that Micro-Manager reaches, through pymmcore-plus.

One `[[driver]]` table is one core with one configuration. A device is named by its label in the
configuration; its settings are

- ``Z.position_um`` of a stage, ``XY.x_um`` and ``XY.y_um`` of an XY stage;
- ``Camera.exposure_ms``, ``Camera.Binning``, ``Camera.region_x_px``, ``.region_y_px``,
  ``.region_width_px``, ``.region_height_px``, and ``Camera.auto_shutter``, the shutter that is
  opened for its frames while the core's auto-shutter is on;
- ``Wheel.Label`` of a filter wheel (``Wheel.State``, its number, is an alias), ``Shutter.State``;
- ``Preset.GROUP``, the presets of a configuration group;
- every other property with numbers or choices, under its own name.

Never offered: ``Core.*``, free text, what takes effect before initialisation only, and what is
known to crash (`drivers.micromanager.inventory`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field, ValidationError

from drivers.errors import ConfigError, DriverError
from drivers.micromanager.config import hardware, read_config
from drivers.protocol import Device, DraftHints

if TYPE_CHECKING:
    from drivers.micromanager.core import Core
    from drivers.micromanager.inventory import Inventory
    from drivers.slm.device import ModulatorDevice
    from drivers.slm.kind import CheckedPupil

_DEMO_CONFIG = "MMConfig_demo.cfg"


class MicroManagerOptions(BaseModel, frozen=True, extra="forbid"):
    """What a ``[[driver]]`` table of kind ``"micromanager"`` may say.

    Parameters
    ----------
    config
        The configuration file, relative to the folder of ``rig.toml``; without it, the demo devices
        are loaded.
    adapters
        The folder of the Micro-Manager whose device adapters are used, relative likewise; without
        it, the one that pymmcore-plus is set to, or an installed one.
    without
        Labels of devices of the configuration that are not loaded, nor is anything said of them:
        what is not attached today.
    modulator
        Modes on a light modulator of the configuration: ``device``, its label there, and the keys
        of `drivers.slm.kind.ModulatorTable`.
    buffer_mb
        How much memory the core may use for frames that were taken and not fetched yet, MiB.
    """

    modulator: dict[str, Any] | None = None
    config: Path | None = None
    adapters: Path | None = None
    without: tuple[str, ...] = ()
    buffer_mb: int = Field(default=512, ge=16, le=65536, strict=True)


class MicroManagerConnection:
    """A core with its devices.

    Parameters
    ----------
    core
        Loaded, and used by nobody else.
    found
        Its devices by label, and what is not offered of them.
    versions
        Of the libraries and adapters.
    """

    def __init__(
        self,
        core: Core,
        found: Inventory,
        versions: Mapping[str, str],
        modes: ModulatorDevice | None = None,
    ) -> None:
        from drivers.micromanager.presets import LABEL, PresetDevice

        self._core = core
        self._own = dict(found.devices)
        self._devices: dict[str, Device] = dict(found.devices)
        if modes is not None:
            self._devices[modes.label] = modes
        self._versions = dict(versions)
        self._warnings = list(found.warnings)
        if LABEL not in self._devices:
            presets = PresetDevice(core, found.devices)
            self._warnings += presets.warnings
            if presets.describe():
                self._devices[LABEL] = presets
        elif core.getAvailableConfigGroups():
            self._warnings.append(f"presets are left out: a device is called {LABEL}")

    @property
    def devices(self) -> Mapping[str, Device]:
        """The devices by label."""
        return self._devices

    @property
    def versions(self) -> Mapping[str, str]:
        """Versions of pymmcore-plus, the core and the adapters in use."""
        return self._versions

    @property
    def warnings(self) -> tuple[str, ...]:
        """What of the configuration is offered in part or not at all, and why."""
        return tuple(self._warnings)

    def hints(self) -> DraftHints:
        """Tell which camera the core uses, and how large its pixels are now."""
        from drivers.micromanager.hints import hints_of

        return hints_of(self._core, self._own)

    def close(self) -> None:
        """End series, stop motion, unload all devices. Safe to call twice; never raises.

        A camera that cannot be interrupted holds this up until its exposure has ended.
        """
        from drivers.micromanager.camera import MicroManagerCamera

        if self._core.closed:
            return
        for device in self._own.values():
            device.stop()
            if isinstance(device, MicroManagerCamera):
                device.cancel()
                with contextlib.suppress(DriverError):
                    device.end_sequence()
                device.rest()
        self._core.release()


class MicroManagerKind:
    """How a Micro-Manager is opened.

    Attributes
    ----------
    imports
        What `open` imports, for who must be able to open without delay.
    """

    imports = (
        "drivers.micromanager.core",
        "drivers.micromanager.inventory",
        "drivers.micromanager.loading",
        "drivers.micromanager.presets",
    )

    def options(self, table: Mapping[str, Any], folder: Path) -> MicroManagerOptions:
        """Check a ``[[driver]]`` table, and read the configuration file.

        Raises
        ------
        ConfigError, pydantic.ValidationError
        """
        options = MicroManagerOptions.model_validate(dict(table))
        found: dict[str, Any] = {}
        if options.config is not None:
            found["config"] = (folder / options.config.expanduser()).resolve()
            read_config(found["config"], options.without)
        elif options.without:
            raise ConfigError(
                "without", "goes with config: the demo devices are loaded as they are"
            )
        if options.adapters is not None:
            found["adapters"] = (folder / options.adapters.expanduser()).resolve()
            if not found["adapters"].is_dir():
                raise ConfigError("adapters", f"no folder {str(found['adapters'])!r}")
        if options.modulator is not None:
            _modulator(options.modulator, folder)  # its files, before anything is loaded
            found["modulator"] = _placed(options.modulator, folder)
        return options.model_copy(update=found)

    def resources(self, options: MicroManagerOptions) -> tuple[str, ...]:
        """Name the serial ports, hubs and devices of the configuration; none for the demo's."""
        if options.config is None:
            return ()
        return hardware(read_config(options.config, options.without).devices)

    def open(self, options: MicroManagerOptions) -> MicroManagerConnection:
        """Load the configuration. Runs its start-up preset, and may home stages.

        Raises
        ------
        DriverError
        """
        from drivers.micromanager.core import Core, adapter_folders, library_versions
        from drivers.micromanager.inventory import take_inventory
        from drivers.micromanager.loading import load

        folders = adapter_folders(options.adapters, demo=options.config is None)
        core = Core(folders)
        try:
            # Read only now: a folder without it is refused in the words of this file's reader.
            config = read_config(options.config or folders[0] / _DEMO_CONFIG, options.without)
            load(core, config)
            found = take_inventory(core, options.buffer_mb, config.places())
            modes = _modes(core, options, found) if options.modulator is not None else None
            return MicroManagerConnection(core, found, library_versions(core), modes)
        except BaseException:
            core.release()
            raise


def _modulator(said: Mapping[str, Any], folder: Path) -> tuple[str, CheckedPupil]:
    """Check the table ``modulator``, and read its files.

    Raises
    ------
    ConfigError
    """
    from drivers.slm.kind import ModulatorTable, check_pupil

    table = dict(said)
    device = table.pop("device", None)
    if not isinstance(device, str) or not device:
        raise ConfigError("modulator.device", "needed: the modulator's label in the configuration")
    try:
        checked = check_pupil(ModulatorTable.model_validate(table), folder)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(["modulator", *(str(part) for part in first["loc"])])
        raise ConfigError(key, str(first["msg"])) from None
    except ConfigError as error:
        raise ConfigError(f"modulator.{error.key}", error.problem) from None
    return device, checked


def _placed(said: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Make the table's files absolute."""
    from drivers.slm.table import LINEAR

    files = {key: said[key] for key in ("table", "basis", "flat") if said.get(key)}
    return dict(said) | {
        key: name if name == LINEAR else str((folder / Path(name).expanduser()).resolve())
        for key, name in files.items()
    }


def _modes(core: Core, options: MicroManagerOptions, found: Inventory) -> ModulatorDevice:
    from drivers.micromanager.modulator import CoreModulator

    assert options.modulator is not None
    device, checked = _modulator(options.modulator, Path())
    label = checked.table.label
    if label in found.devices:
        raise ConfigError("modulator.label", f"{label!r} is a device of the configuration")
    return checked.device(CoreModulator(core, device, checked.panel.bits))


KIND = MicroManagerKind()
