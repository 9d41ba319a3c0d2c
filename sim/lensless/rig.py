"""The devices of ``sim.lensless``, and what they hide.

Defaults, and why: a machine-vision sensor of 5 um pixels (12 bits, 5 electrons read noise) behind a
mask a few millimetres away, as in lensless cameras; lenslets of 4 mm focal length resolve 2 to 4
mrad. In daylight a lenslet of 150 um brings about 200 photons to a pixel in 20 ms.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator

from drivers.protocol import Setting
from drivers.types import Value
from sim.lensless.scenes import PITCH_RAD, SCENES, Scene, load_scene, make_scene
from sim.lensless.settings import (
    FARTHEST_MM,
    FARTHEST_MOVE_UM,
    MOST_APERTURES,
    NEAREST_MM,
    SMALLEST_UM,
    WIDEST_UM,
)
from sim.parts.assemble import CameraPart, assemble, device
from sim.parts.devices import Axis
from sim.parts.rig import SimulatedKind, SimulatedRig, float_axis
from sim.parts.scene_files import find_scene, known_scene
from sim.parts.sensor import Sensor, SensorNoise
from sim.parts.sensor_options import (
    BitDepth,
    FullWellE,
    GainEPerAdu,
    OffsetAdu,
    ReadNoiseE,
    SensorOptions,
)
from sim.parts.simulated_clock import Pace

if TYPE_CHECKING:  # torch takes a second to import, and parking a rig must not wait for it
    from sim.lensless.imager import LenslessImager

READOUT_MS = 5.0
LIBRARIES = ("numpy", "scipy", "scikit-image", "torch")
METRICS = {
    "mtf50_cycles_per_mrad": "cycles/mrad",
    "cutoff_cycles_per_mrad": "cycles/mrad",
    "least_mtf": "",
    "mean_photons": "photons",
    "snr": "",
}


class LenslessOptions(SensorOptions):
    """What the ``[[driver]]`` table of a simulated lensless imager may say.

    `scene` is a name of `sim.lensless.scenes.SCENES` or the path of a ``.npy`` file beside
    ``rig.toml``; `density` is that of ``beads``, on 1000 mrad^2; `stray_light` is an even radiance
    on top of it.
    """

    scene: str = "natural"
    density: Annotated[float, Field(gt=0, le=1000)] = 1.0
    stray_light: Annotated[float, Field(ge=0, le=100)] = 0.02
    radiance: Annotated[float, Field(gt=0, le=1e9)] = 3e5
    wavelength_nm: Annotated[float, Field(ge=350, le=1000)] = 550.0
    focal_mm: Annotated[float, Field(ge=1, le=20)] = 4.0
    side_px: Annotated[int, Field(ge=32, le=1024)] = 128
    pixel_um: Annotated[float, Field(ge=2, le=15)] = 5.0
    device: str = "cpu"

    gain_e_per_adu: GainEPerAdu = 2.5
    offset_adu: OffsetAdu = 20.0
    read_noise_e: ReadNoiseE = 5.0
    bit_depth: BitDepth = 12
    full_well_e: FullWellE = 11_000.0

    @field_validator("scene")
    @classmethod
    def _known_scene(cls, scene: str) -> str:
        return known_scene(scene, SCENES)


class LensPath:
    """Scene, mask and sensor: settings in, frames out.

    Parameters
    ----------
    options
        The ``[[driver]]`` table.
    """

    def __init__(self, options: LenslessOptions) -> None:
        seeds = np.random.SeedSequence(options.seed).spawn(4)
        self._scene_rng, self._mask_rng, sensor_rng, self._rng = map(np.random.default_rng, seeds)
        self._options = options
        self.sensor = Sensor(options.sensor, (options.side_px, options.side_px), sensor_rng)

    @cached_property
    def scene(self) -> Scene:
        """Radiance in every direction, made when it is first needed."""
        options = self._options
        if options.scene in SCENES:
            scene = make_scene(options.scene, options.density, self._scene_rng)
        else:
            scene = load_scene(Path(options.scene))
        return scene + np.float32(options.stray_light)

    @cached_property
    def imager(self) -> LenslessImager:
        """The optics."""
        from sim.lensless.imager import LenslessImager, MaskCamera
        from sim.lensless.mask import MaskPattern

        options = self._options
        instrument = MaskCamera(
            side_px=options.side_px,
            pixel_um=options.pixel_um,
            wavelength_um=options.wavelength_nm / 1e3,
            focal_um=1e3 * options.focal_mm,
            radiance=options.radiance,
            pitch_rad=PITCH_RAD,
        )
        return LenslessImager(instrument, MaskPattern(self._mask_rng), options.device)

    def expected_electrons(self, settings: Mapping[str, Value]) -> NDArray[np.float32]:
        """Noise-free electrons of a frame, (side_px, side_px)."""
        import torch

        from sim.lensless.imager import mask_settings

        exposure_ms = float(settings["camera.exposure_ms"])
        pointing = [float(settings[f"pointing.{axis}_mrad"]) / 1e3 for axis in ("y", "x")]
        with torch.no_grad():
            photons = self.imager.photons(
                torch.from_numpy(self.scene),
                mask_settings(settings),
                torch.tensor([pointing], dtype=torch.float64),
                torch.tensor(exposure_ms / 1e3, dtype=torch.float64),
            )
        return self.sensor.expected_electrons(photons[0].cpu().numpy(), exposure_ms)

    def expose(self, settings: Mapping[str, Value]) -> NDArray[np.uint8] | NDArray[np.uint16]:
        """Take a frame."""
        return self.sensor.read_out(self.expected_electrons(settings), 1, self._rng)

    def noise_model(self, settings: Mapping[str, Value]) -> SensorNoise:
        """Numbers of ``CameraNoise``; the same at all settings."""
        return self.sensor.noise_model(1)

    def metrics(self, settings: Mapping[str, Value]) -> dict[str, float]:
        """Compute the figures of merit of `sim.lensless.metrics`."""
        from sim.lensless.imager import mask_settings
        from sim.lensless.metrics import figures

        exposure_ms = float(settings["camera.exposure_ms"])
        return figures(self.imager, mask_settings(settings), exposure_ms, self.sensor.spec)


def open_lensless(options: LenslessOptions, pace: Pace) -> SimulatedRig:
    """Make an imager: one lenslet in focus, looking straight ahead."""
    path = LensPath(options)
    element = Setting("mask.element", "choice", choices=("lenslet", "pinhole"))
    parts = (
        device(
            "pointing",
            *(
                float_axis(f"pointing.{axis}_mrad", -600, 600, role="position", rate_per_s=500)
                for axis in ("x", "y")
            ),
        ),
        device(
            "mask",
            Axis(element, "lenslet", 0.005),
            Axis(Setting("mask.apertures", "int", "", 1, MOST_APERTURES), 1, latency_s=0.005),
            float_axis("mask.diameter_um", SMALLEST_UM, WIDEST_UM, 150),
            float_axis("mask.spacing_um", 50, 250, 150),
            Axis(Setting("mask.irregularity", "float", "", 0.0, 1.0, tolerance=1e-6), 0.5, 0.005),
            float_axis(
                "mask.distance_mm", NEAREST_MM, FARTHEST_MM, 4, role="position", rate_per_s=5
            ),
            *(
                float_axis(f"mask.{axis}{i}_um", -FARTHEST_MOVE_UM, FARTHEST_MOVE_UM)
                for axis in "xy"
                for i in range(1, MOST_APERTURES + 1)
            ),
        ),
    )
    camera = CameraPart(
        "camera",
        (float_axis("camera.exposure_ms", 0.1, 1000.0, 20.0, role="exposure"),),
        path.sensor.saturation_adu,
        READOUT_MS,
    )
    return assemble(path, parts, camera, METRICS, LIBRARIES, pace)


def _find_scene(options: LenslessOptions, folder: Path) -> LenslessOptions:
    return find_scene(options, SCENES, folder, load_scene)


KIND = SimulatedKind(LenslessOptions, open_lensless, _find_scene)
