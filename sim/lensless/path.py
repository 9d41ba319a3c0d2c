"""The light path of the lensless imager: settings in, electrons and frames out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from drivers.types import Value
from sim.lensless.options import LenslessOptions
from sim.lensless.scenes import PITCH_RAD, SCENES, Scene, load_scene, make_scene
from sim.parts.sensor import Sensor, SensorNoise

if TYPE_CHECKING:  # torch takes a second to import, and parking a rig must not wait for it
    import torch

    from sim.lensless.imager import LenslessImager
    from sim.numerics.tensors import Numbers


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

    def electrons_with_gradient(
        self, settings: Numbers, fields: Sequence[Mapping[str, Value]]
    ) -> torch.Tensor:
        """See `sim.parts.gradients`."""
        import torch

        from sim.lensless.imager import mask_settings
        from sim.numerics.tensors import number
        from sim.parts.gradients import collected, places

        exposure_ms = number(settings, "camera.exposure_ms")
        photons = self.imager.photons(
            torch.from_numpy(self.scene),
            mask_settings(settings),
            places(settings, fields, ("pointing.y_mrad", "pointing.x_mrad")) / 1e3,
            exposure_ms / 1e3,
        )
        return collected(self.sensor, photons, exposure_ms)

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
