"""The light path of a simulated satellite: settings in, frames out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from math import cos, radians
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from drivers.types import Value
from sim.parts.sensor import Sensor, SensorNoise
from sim.satellite.options import SatelliteOptions
from sim.satellite.scenes import SCENES, Land, load_scene, make_scene

if TYPE_CHECKING:  # torch takes a second to import, and parking a rig must not wait for it
    import torch

    from sim.numerics.tensors import Numbers
    from sim.satellite.imager import Exposure, PushBroom


class SatellitePath:
    """Land, air, telescope and sensor.

    Parameters
    ----------
    options
        The ``[[driver]]`` table.
    """

    def __init__(self, options: SatelliteOptions) -> None:
        self._scene_rng, self._noise_rng, *modes = (
            np.random.default_rng(seed) for seed in np.random.SeedSequence(options.seed).spawn(4)
        )
        self.options = options
        shape = (options.side_px, options.side_px)
        self.sensors = {
            gain: Sensor(options.sensor_at(gain), shape, rng)
            for gain, rng in zip(("low", "high"), modes, strict=True)
        }

    @cached_property
    def scene(self) -> Land:
        """Reflectance of the land, made when it is first needed."""
        options = self.options
        if options.scene in SCENES:
            return make_scene(self._scene_rng)
        return load_scene(Path(options.scene))

    @cached_property
    def telescope(self) -> PushBroom:
        """The optics."""
        from sim.satellite.imager import PushBroom, Telescope

        options = self.options
        shared = (
            *("side_px", "pixel_um", "altitude_km", "aperture_mm", "obscuration", "focal_mm"),
            *("transmission", "jitter_urad", "haze"),
        )
        telescope = Telescope(
            **{name: getattr(options, name) for name in shared},
            sun_cosine=cos(radians(options.sun_zenith_deg)),
            peak_efficiency=options.quantum_efficiency,
            dark_e_per_s=options.dark_current_e_per_s,
        )
        return PushBroom(telescope, options.device)

    def expected_electrons(self, settings: Mapping[str, Value]) -> NDArray[np.float32]:
        """Noise-free electrons of a frame before binning, (lines, pixels)."""
        import torch

        pointing_m = [1e3 * float(settings[f"pointing.{axis}_km"]) for axis in ("along", "across")]
        with torch.no_grad():
            electrons = self.telescope.electrons(
                torch.from_numpy(self.scene),
                self._exposure(settings),
                torch.tensor([pointing_m], dtype=torch.float64),
            )
        found: NDArray[np.float32] = electrons[0].cpu().numpy()
        return found

    def electrons_with_gradient(
        self, settings: Numbers, fields: Sequence[Mapping[str, Value]]
    ) -> torch.Tensor:
        """See `sim.parts.gradients`."""
        import torch

        from sim.parts.gradients import places

        pointing_m = 1e3 * places(settings, fields, ("pointing.along_km", "pointing.across_km"))
        return self.telescope.electrons(
            torch.from_numpy(self.scene), self._exposure(settings), pointing_m
        )

    def expose(self, settings: Mapping[str, Value]) -> NDArray[np.uint8] | NDArray[np.uint16]:
        """Take a frame."""
        electrons = self.expected_electrons(settings)
        binning = int(settings["camera.binning"])
        return self._sensor(settings).read_out(electrons, binning, self._noise_rng)

    def noise_model(self, settings: Mapping[str, Value]) -> SensorNoise:
        """Numbers of ``CameraNoise`` at the gain and binning in the settings."""
        return self._sensor(settings).noise_model(int(settings["camera.binning"]))

    def metrics(self, settings: Mapping[str, Value]) -> dict[str, float]:
        """Compute the figures of merit of `sim.satellite.metrics`."""
        from sim.satellite.metrics import figures

        read_noise_e = self._sensor(settings).spec.read_noise_e
        return figures(self.telescope, self._exposure(settings), read_noise_e)

    def _exposure(self, settings: Numbers) -> Exposure:
        """Tell what really holds at these settings."""
        from sim.satellite.imager import Exposure, SettingErrors

        one = self.options
        errors = SettingErrors(one.focus_offset_um, one.focus_scale, one.exposure_offset_ms)
        return Exposure.of(settings, errors)

    def _sensor(self, settings: Mapping[str, Value]) -> Sensor:
        return self.sensors[str(settings["camera.gain"])]
