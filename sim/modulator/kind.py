"""The ``[[driver]]`` table of ``slm.simulated``, and its devices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drivers.errors import ConfigError
from drivers.protocol import Device
from drivers.slm.device import ModulatorDevice
from drivers.slm.kind import CheckedPupil, check_pupil
from drivers.slm.modulator import modulator_kind
from drivers.slm.suite import SuitePanel, import_slmsuite, needed
from sim.modulator.options import SimulatedTable
from sim.modulator.path import PITCH_UM, SCENE_PX, ModulatedPath
from sim.parts.assemble import CameraPart, assemble, device
from sim.parts.rig import SimulatedRig, float_axis
from sim.parts.simulated_clock import AsFastAsPossible
from sim.parts.unknown import SceneOptics

LIBRARIES = ("numpy", "scipy", "scikit-image", "slmsuite")
METRICS = {"strehl": "", "residual_nm": "nm"}
_READOUT_MS = 10.0


@dataclass(frozen=True, eq=False)
class CheckedSimulation:
    """A `SimulatedTable` whose files have been read."""

    table: SimulatedTable
    pupil: CheckedPupil


class ModulatedMicroscope:
    """A simulated microscope with slmsuite's modulator in its pupil.

    Parameters
    ----------
    rig
        Stage, light and camera.
    modulator
        Its modes.
    panel
        What shows its frames.

    Attributes
    ----------
    truth, device_s
        The rig's.
    """

    def __init__(self, rig: SimulatedRig, modulator: ModulatorDevice, panel: SuitePanel) -> None:
        self._rig, self._panel = rig, panel
        self.truth, self.device_s = rig.truth, rig.device_s
        self.devices: Mapping[str, Device] = {modulator.label: modulator, **rig.devices}

    @property
    def versions(self) -> Mapping[str, str]:
        """Versions of what the images depend on."""
        return self._rig.versions

    def close(self) -> None:
        """Cut the link. Safe to call twice."""
        self._panel.close()
        self._rig.close()


class SimulatedSlmKind:
    """How it is opened."""

    def options(self, table: Mapping[str, Any], folder: Path) -> CheckedSimulation:
        """Check a ``[[driver]]`` table, and read its files.

        Raises
        ------
        ConfigError, pydantic.ValidationError
        """
        options = SimulatedTable.model_validate(dict(table))
        pupil = check_pupil(options, folder)
        if not pupil.noll:
            raise ConfigError("modes", "needed: the aberration is one of Zernike modes")
        if options.label in ("stage", "light", "camera", "metrics"):
            raise ConfigError("label", f"{options.label!r} is another device's")
        if missing := needed():
            raise ConfigError("", f"'slm.simulated' {missing}")
        return CheckedSimulation(options, pupil)

    def resources(self, options: CheckedSimulation) -> tuple[str, ...]:
        """Nothing that only one process may hold."""
        return ()

    def optics(self, options: CheckedSimulation) -> SceneOptics:
        """Give what may be unknown of it, for sampler `model`."""
        from sim.modulator.unknown import ModulatedUnknown

        return ModulatedUnknown(ModulatedPath(options.table, options.pupil), options.pupil)

    def open(self, options: CheckedSimulation) -> ModulatedMicroscope:
        """Make the microscope, dark, its modulator's modes at 0."""
        path = ModulatedPath(options.table, options.pupil)
        kind = modulator_kind("simulated")
        panel = kind.open(kind.options(), options.pupil.panel)
        assert isinstance(panel, SuitePanel)
        cameras = import_slmsuite("cameras.simulated")
        path.illuminate(panel.slm, cameras.SimulatedCamera(panel.slm))
        pace = AsFastAsPossible()
        span_um = SCENE_PX * PITCH_UM / 2
        parts = (
            device(
                "stage",
                *(
                    float_axis(f"stage.{axis}_um", -span_um, span_um, 0.0, "position", 2000.0)
                    for axis in "xy"
                ),
            ),
            device("light", float_axis("light.power_mw", 0.0, 10.0, role="light")),
        )
        camera = CameraPart(
            "camera",
            (float_axis("camera.exposure_ms", 0.1, 2000.0, 10.0, role="exposure"),),
            path.sensor.saturation_adu,
            _READOUT_MS,
        )
        rig = assemble(path, parts, camera, METRICS, LIBRARIES, pace)
        rig.device_s = pace.monotonic_s
        path.modulator = modulator = options.pupil.device(panel)
        return ModulatedMicroscope(rig, modulator, panel)


KIND = SimulatedSlmKind()
