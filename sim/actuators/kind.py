"""The ``[[driver]]`` table of ``modal.simulated``, and the array between modes and wavefront.

v : (actuators,) what was sent
p : (actuators,) where they stand; with hysteresis of width 2 w they lag: p stays within v +- w
z : (modes,) R B+ (p - f), the modes of the wavefront; R is the identity for a mirror as calibrated
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from drivers.errors import ConfigError
from drivers.modal.array import ArrayKind, array_kind
from drivers.modal.device import ModalDevice
from drivers.modal.files import read_numbers
from drivers.modal.kind import CheckedModes, ModalTable, check_modes
from drivers.modal.memory import MemoryArray, MemoryOptions
from drivers.protocol import Device
from drivers.types import Floats
from sim.microscope.options import MicroscopeOptions
from sim.microscope.rig import KIND as MICROSCOPE
from sim.microscope.stand.mirror import MIRROR_SETTINGS
from sim.parts.devices import SimulatedDevice
from sim.parts.rig import SimulatedRig

_STROKE_NM = 300.0


class ActuatedTable(ModalTable, frozen=True):
    """Modes and actuators, and the microscope that they are in.

    Parameters
    ----------
    microscope
        The keys of a ``sim.microscope``.
    response
        A file, (modes, modes): what each commanded mode (column) does to the wavefront's modes. The
        identity without it.
    hysteresis
        How far an actuator lags, in its unit.
    """

    microscope: dict[str, Any] = Field(default_factory=dict)
    response: str | None = None
    hysteresis: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0


class CheckedActuated:
    """An `ActuatedTable` whose files have been read."""

    def __init__(
        self, table: ActuatedTable, modes: CheckedModes, microscope: Any, response: Floats
    ) -> None:
        self.table, self.modes = table, modes
        self.microscope, self.response = microscope, response


class WavefrontArray(MemoryArray):
    """Actuators whose vector is felt by a simulated mirror.

    Parameters
    ----------
    checked
        The table.
    mirror
        The microscope's own, whose settings are modes of the wavefront.
    """

    def __init__(self, checked: CheckedActuated, mirror: SimulatedDevice) -> None:
        super().__init__(MemoryOptions(actuators=len(checked.modes.basis.flat)))
        self._basis = checked.modes.basis
        self._response = checked.response
        self._lag = checked.table.hysteresis
        self._mirror = mirror
        self._stands = self._basis.flat.copy()

    def send(self, vector: Floats) -> None:
        """Hold the vector, and bend the wavefront."""
        super().send(vector)
        self._stands = np.clip(self._stands, vector - self._lag, vector + self._lag)
        bent = self._response @ self._basis.amplitudes(self._stands)
        bent = np.clip(bent, -_STROKE_NM, _STROKE_NM)
        names = [f"mirror.{mode}" for mode in self._basis.modes]
        self._mirror.start(dict(zip(names, bent.tolist(), strict=True)))
        self._mirror.settle(1.0)


class ActuatedMicroscope:
    """A simulated microscope whose mirror is an array of actuators.

    Parameters
    ----------
    rig
        The microscope.
    checked
        The table.

    Attributes
    ----------
    truth, device_s
        The microscope's.
    """

    def __init__(self, rig: SimulatedRig, checked: CheckedActuated) -> None:
        self._rig = rig
        self.truth, self.device_s = rig.truth, rig.device_s
        inner = rig.devices["mirror"]
        assert isinstance(inner, SimulatedDevice)
        self._array = WavefrontArray(checked, inner)
        modes = checked.modes
        mirror = ModalDevice(modes.label, self._array, modes.basis, modes.bounds, modes.mechanics)
        self.devices: Mapping[str, Device] = {
            mirror.label if label == "mirror" else label: mirror if label == "mirror" else device
            for label, device in rig.devices.items()
        }

    @property
    def versions(self) -> Mapping[str, str]:
        """Versions of what the images depend on."""
        return self._rig.versions

    def close(self) -> None:
        """Cut the link. Safe to call twice."""
        self._array.close()
        self._rig.close()


class ActuatedKind:
    """How it is opened."""

    def options(self, table: Mapping[str, Any], folder: Path) -> CheckedActuated:
        """Check a ``[[driver]]`` table, and read its files.

        Raises
        ------
        ConfigError, pydantic.ValidationError
        """
        options = ActuatedTable.model_validate(dict(table))
        modes = check_modes(options, folder, _in_memory())
        known = [name.partition(".")[2] for name in MIRROR_SETTINGS]
        for mode in modes.basis.modes:
            if mode not in known:
                problem = f"{mode!r} is no mode of the simulated wavefront: {', '.join(known)}"
                raise ConfigError("modes", problem)
        n = len(modes.basis.modes)
        response = np.eye(n)
        if options.response is not None:
            response = read_numbers(folder, options.response, "response").values
            if response.shape != (n, n):
                problem = f"its shape is {response.shape}, allowed: ({n}, {n})"
                raise ConfigError("response", problem)
        microscope: MicroscopeOptions = MICROSCOPE.options(options.microscope, folder)
        return CheckedActuated(options, modes, microscope, response)

    def resources(self, options: CheckedActuated) -> tuple[str, ...]:
        """Nothing that only one process may hold."""
        return ()

    def open(self, options: CheckedActuated) -> ActuatedMicroscope:
        """Make the microscope, its mirror flat."""
        return ActuatedMicroscope(MICROSCOPE.open(options.microscope), options)


def _in_memory() -> ArrayKind:
    return array_kind("memory")


KIND = ActuatedKind()
