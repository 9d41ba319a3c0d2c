"""The light path of the microscope in phase contrast: settings in, electrons and frames out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from drivers.protocol import Value
from sim.ledarray.scenes import PHASE_SCENES, Opd, load_opd, make_opd
from sim.mirror import draw_aberration_nm
from sim.remember import Last
from sim.sensor import NoiseModel, Sensor

if TYPE_CHECKING:  # torch takes a second to import, and parking a rig must not wait for it
    from sim.ledarray.imager import LedImager
    from sim.microscope_options import MicroscopeOptions

_NO_VIEW = ("led.power_mw", "camera.exposure_ms", "camera.binning")  # change brightness alone


class LedPath:
    """Scene, LED array, objective with a hidden aberration, deformable mirror, and sensor.

    Parameters
    ----------
    options
        The ``[[driver]]`` table, with ``contrast = "phase"``.
    """

    def __init__(self, options: MicroscopeOptions) -> None:
        self._scene_rng, aberration_rng, sensor_rng, self._rng = (
            np.random.default_rng(seed) for seed in np.random.SeedSequence(options.seed).spawn(4)
        )
        self._options = options
        self.aberration_nm = draw_aberration_nm(options.aberration_rms_nm, aberration_rng)
        self.sensor = Sensor(options.sensor, (options.height_px, options.width_px), sensor_rng)
        self.objective = options.objective
        self.pitch_um = options.pitch_um
        self._last_view: Last[NDArray[np.float32]] = Last()
        self._last_figures: Last[dict[str, float]] = Last()

    @cached_property
    def scene(self) -> Opd:
        """Path differences, nm, made when they are first needed."""
        options = self._options
        if options.scene in PHASE_SCENES:
            shape = (options.scene_samples, options.scene_samples)
            return make_opd(options.scene, shape, options.pitch_um, self._scene_rng)
        return load_opd(Path(options.scene))

    @property
    def shape(self) -> tuple[int, int]:
        """Of the scene, samples."""
        if self._options.scene in PHASE_SCENES:
            return (self._options.scene_samples, self._options.scene_samples)
        return (self.scene.shape[0], self.scene.shape[1])

    @cached_property
    def imager(self) -> LedImager:
        """The optics."""
        from sim.ledarray.imager import Instrument, LedImager

        options = self._options
        instrument = Instrument(
            objective=options.objective,
            shape_px=(options.height_px, options.width_px),
            pixel_um=options.pixel_um,
            scene_samples=options.samples_per_pixel,
            image_samples=options.objective.oversampling(options.pixel_um),
            absorption=options.absorption,
            photons_per_uj=options.photons_per_uj,
            aberration_nm=self.aberration_nm,
            points=options.led_points,
            widest_na=options.led_na,
        )
        return LedImager(instrument, options.device)

    def expected_electrons(self, settings: Mapping[str, Value]) -> NDArray[np.float32]:
        """Noise-free electrons of a frame, (height, width) before binning."""
        from sim.ledarray.imager import led_settings

        exposure_ms = float(settings["camera.exposure_ms"])
        photons = np.zeros(self.sensor.shape, np.float32)
        if float(settings["led.power_mw"]) > 0:
            brightness = self.imager.brightness(led_settings(settings))
            photons = self._view(settings) * np.float32(float(brightness))
        return self.sensor.expected_electrons(photons, exposure_ms)

    def expose(self, settings: Mapping[str, Value]) -> NDArray[np.uint8] | NDArray[np.uint16]:
        """Take a frame."""
        flicker = self._options.lamp_flicker
        if flicker:
            factor = max(0.0, 1 + flicker * self._rng.standard_normal())
            settings = {**settings, "led.power_mw": factor * float(settings["led.power_mw"])}
        electrons = self.expected_electrons(settings)
        return self.sensor.read_out(electrons, int(settings["camera.binning"]), self._rng)

    def noise_model(self, settings: Mapping[str, Value]) -> NoiseModel:
        """Numbers of ``CameraNoise`` at the binning in the settings."""
        return self.sensor.noise_model(int(settings["camera.binning"]))

    def metrics(self, settings: Mapping[str, Value]) -> dict[str, float]:
        """Compute the figures of merit of `sim.ledarray.metrics`; the last are remembered."""
        from sim.ledarray.imager import led_settings
        from sim.ledarray.metrics import figures

        def compute() -> dict[str, float]:
            electrons = self.expected_electrons(settings)
            return figures(self.imager, led_settings(settings), electrons, self.sensor.spec)

        return self._last_figures.of(tuple(settings.items()), compute)

    def _view(self, settings: Mapping[str, Value]) -> NDArray[np.float32]:
        """Image relative to an empty field; repeats of a field differ in noise alone."""
        import torch

        from sim.ledarray.imager import led_settings

        def compute() -> NDArray[np.float32]:
            centre = [float(settings[f"stage.{axis}_um"]) for axis in ("y", "x")]
            with torch.inference_mode():
                images = self.imager.images(
                    torch.from_numpy(self.scene),
                    led_settings(settings),
                    torch.tensor([centre], dtype=torch.float64),
                )
            view: NDArray[np.float32] = images[0].cpu().numpy()
            return view

        key = tuple(item for item in settings.items() if item[0] not in _NO_VIEW)
        return self._last_view.of(key, compute)
