"""The light path of a simulated imaging spectrometer: settings in, frames out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from drivers.types import Value
from sim.hyperspectral.options import HyperspectralOptions
from sim.hyperspectral.scenes import SCENES, PaintedSample, load_scene, make_scene
from sim.hyperspectral.spectra import load_lamp, load_reflectances, planck
from sim.parts.sensor import Sensor, SensorNoise

if TYPE_CHECKING:  # torch takes a second to import, and parking a rig must not wait for it
    from sim.hyperspectral.imager import BandSettings, HyperspectralImager


class SpectrometerPath:
    """Lamp, sample, slit, filter and a line of pixels, the same ones for every line and band.

    Parameters
    ----------
    options
        The ``[[driver]]`` table.

    Attributes
    ----------
    sensor
        One column of pixels.
    """

    def __init__(self, options: HyperspectralOptions) -> None:
        seeds = np.random.SeedSequence(options.seed).spawn(3)
        self._scene_rng, sensor_rng, self._noise_rng = map(np.random.default_rng, seeds)
        self._options = options
        self.sensor = Sensor(options.line_sensor, (options.side_px, 1), sensor_rng)

    @cached_property
    def scene(self) -> PaintedSample:
        """The sample, made when it is first needed."""
        options = self._options
        if options.scene in SCENES:
            made = make_scene(options.scene, self._scene_rng)
            if not options.spectra:
                return made
            own = load_reflectances(Path(options.spectra), len(made.spectra))
            return replace(made, spectra=own, named=own)
        return load_scene(Path(options.scene))

    @cached_property
    def imager(self) -> HyperspectralImager:
        """The optics."""
        from sim.hyperspectral.imager import HyperspectralImager, Spectrometer

        options = self._options
        shared = (
            *("side_px", "pixel_um", "f_number", "transmission", "sample_pixel_um"),
            *("dispersion_nm_per_um", "lit_cm2"),
        )
        instrument = Spectrometer(
            **{name: getattr(options, name) for name in shared},
            filter_shape=options.filter,
            illuminant=load_lamp(Path(options.lamp)) if options.lamp else planck(options.lamp_k),
            peak_efficiency=options.quantum_efficiency,
        )
        return HyperspectralImager(
            instrument, self.sensor.maps.dark_current_e_per_s, options.device
        )

    def expected_electrons(self, settings: Mapping[str, Value]) -> NDArray[np.float32]:
        """Noise-free electrons of a frame, (bands, side_px, side_px)."""
        import torch

        stage_um = [1e3 * float(settings[f"stage.{axis}_mm"]) for axis in ("y", "x")]
        with torch.no_grad():
            electrons = self.imager.electrons(
                torch.from_numpy(self.scene.abundance),
                torch.from_numpy(self.scene.spectra),
                self._bands(settings),
                torch.tensor([stage_um], dtype=torch.float64),
            )
        found: NDArray[np.float32] = electrons[0].cpu().numpy()
        return found

    def expose(self, settings: Mapping[str, Value]) -> NDArray[np.uint8] | NDArray[np.uint16]:
        """Take a frame, (bands, side_px, side_px)."""
        return self.sensor.read_out(self.expected_electrons(settings), 1, self._noise_rng)

    def noise_model(self, settings: Mapping[str, Value]) -> SensorNoise:
        """Numbers of ``CameraNoise``; the same for all bands and at all settings."""
        return self.sensor.noise_model(1)

    def metrics(self, settings: Mapping[str, Value]) -> dict[str, float]:
        """Compute the figures of merit of `sim.hyperspectral.metrics`."""
        from sim.hyperspectral.metrics import figures

        read_noise_e = self.sensor.spec.read_noise_e
        return figures(self.imager, self._bands(settings), self.scene.named, read_noise_e)

    def _bands(self, settings: Mapping[str, Value]) -> BandSettings:
        from sim.hyperspectral.imager import BandSettings

        return BandSettings.of(settings, self._options.bands)
