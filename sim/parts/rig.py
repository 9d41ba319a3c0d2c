"""What all simulated rigs share: devices on one wire, options that are checked, and a clean end.

A rig's module gives the options, a function that builds the devices, and a `KIND`::

    KIND = SimulatedKind(SatelliteOptions, build)

    def build(options: SatelliteOptions, pace: Pace) -> SimulatedRig:
        link = Link()
        ...
        return SimulatedRig(devices, link, truth, ("numpy", "torch"))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from drivers.protocol import Device, Role, Setting
from drivers.types import Value
from sim.parts.devices import Axis, Link, SimulatedDevice
from sim.parts.simulated_clock import AsFastAsPossible, Pace, RealTime
from sim.parts.unknown import SceneOptics

_version = cache(version)  # a package's whole description is read for it


class RigOptions(BaseModel):
    """What the ``[[driver]]`` table of every simulated rig may say.

    Parameters
    ----------
    seed
        Every draw comes from it: the same options and the same calls give the same frames.
    realtime
        Motions and exposures take their time.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    seed: Annotated[int, Field(ge=0)] = 0
    realtime: bool = False


class SimulatedRig:
    """An open simulated rig: a `drivers.protocol.Connection`.

    Parameters
    ----------
    devices
        In the order in which they are shown.
    link
        The wire that they share.
    truth
        What is hidden, for judging a session, never for steering it.
    libraries
        What the images depend on; their versions go on record.

    Attributes
    ----------
    devices
        By label.
    truth
        As given.
    device_s
        The rig's own clock, seconds; None where it is the computer's.
    """

    device_s: Callable[[], float] | None = None

    def __init__(
        self, devices: Iterable[SimulatedDevice], link: Link, truth: Any, libraries: Iterable[str]
    ) -> None:
        self._simulated = tuple(devices)
        self._link = link
        self._libraries = tuple(libraries)
        self.truth = truth
        self.devices: Mapping[str, Device] = MappingProxyType(
            {device.label: device for device in self._simulated}
        )

    @property
    def versions(self) -> Mapping[str, str]:
        """Versions of what the images depend on."""
        return {name: _version(name) for name in self._libraries}

    def close(self) -> None:
        """Cut the link; the devices answer `DeviceLost` from now on."""
        self._link.is_open = False


Options = TypeVar("Options", bound=RigOptions)


class SimulatedKind(Generic[Options]):
    """How a simulated rig is opened; see `drivers.protocol.DriverKind`.

    Parameters
    ----------
    model
        What the ``[[driver]]`` table may say.
    build
        Makes the rig: dark, at rest.
    find_files
        Makes paths in the options absolute, given the folder of ``rig.toml``, and checks the files;
        raises `drivers.errors.ConfigError`. None where the options name no files.
    optics
        Gives what may be unknown of the rig, for twins; raises ValueError where these options allow
        none. None for a rig that is never fitted.

    Attributes
    ----------
    model, optics
        As given.
    """

    def __init__(
        self,
        model: type[Options],
        build: Callable[[Options, Pace], SimulatedRig],
        find_files: Callable[[Options, Path], Options] | None = None,
        optics: Callable[[Options], SceneOptics] | None = None,
    ) -> None:
        self.model = model
        self.optics = optics
        self._build = build
        self._find_files = find_files

    def options(self, table: Mapping[str, Any], folder: Path) -> Options:
        """Check a ``[[driver]]`` table.

        Raises
        ------
        pydantic.ValidationError, drivers.errors.ConfigError
            With the key at fault.
        """
        options = self.model.model_validate(dict(table))
        return options if self._find_files is None else self._find_files(options, folder)

    def resources(self, options: Options) -> tuple[str, ...]:
        """Nothing that only one process may hold."""
        return ()

    def open(self, options: Options, pace: Pace | None = None) -> SimulatedRig:
        """Make a rig.

        Parameters
        ----------
        options
            As checked by `options`.
        pace
            How time passes; None follows ``options.realtime``.
        """
        chosen = pace or pace_of(options)
        rig = self._build(options, chosen)
        if isinstance(chosen, AsFastAsPossible):
            rig.device_s = chosen.monotonic_s
        return rig


def pace_of(options: RigOptions) -> Pace:
    """Choose how time passes."""
    return RealTime() if options.realtime else AsFastAsPossible()


def float_axis(
    name: str,
    low: float,
    high: float,
    initial: float = 0.0,
    role: Role = "other",
    rate_per_s: float = float("inf"),
) -> Axis:
    """Make a float axis whose unit is the end of its name; every move takes 5 ms, then the rate."""
    unit = name.rsplit("_", 1)[1]
    setting = Setting(name, "float", unit, low, high, role=role, tolerance=1e-6)
    return Axis(setting, float(initial), latency_s=0.005, rate_per_s=rate_per_s)


def present_settings(devices: Iterable[SimulatedDevice]) -> dict[str, Value]:
    """Collect where all settings of the devices are now."""
    return {name: value for device in devices for name, value in device.present().items()}
