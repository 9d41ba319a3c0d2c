"""The light path of the microscope in fluorescence: settings in, electrons and frames out.

Light power (mW) times exposure (ms) is the dose (uJ). The camera triggers the lamp, so that the
sample is lit, and bleaches, during exposures alone; it is lit evenly over the camera's field and
`LIT_MARGIN_UM` around it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from drivers.protocol import Value
from sim.mirror import draw_aberration_nm
from sim.remember import Last
from sim.scenes import SCENES, load_scene, make_scene
from sim.sensor import NoiseModel, Sensor

if TYPE_CHECKING:  # torch takes a second to import, and parking a rig must not wait for it
    from sim.fluorescence import FluorescenceImager
    from sim.microscope_options import MicroscopeOptions

LIT_MARGIN_UM = 4.0
"""How far the illumination's field stop lies outside the camera's field."""

_NO_VIEW = ("light.power_mw", "camera.exposure_ms", "camera.binning")  # change brightness alone


class FluorescencePath:
    """Sample, objective with a hidden aberration, deformable mirror, and sensor.

    Parameters
    ----------
    options
        The ``[[driver]]`` table.
    """

    def __init__(self, options: MicroscopeOptions) -> None:
        self._scene_rng, aberration_rng, sensor_rng, self._rng = (
            np.random.default_rng(seed) for seed in np.random.SeedSequence(options.seed).spawn(4)
        )
        self._options = options
        self.aberration_nm = draw_aberration_nm(options.aberration_rms_nm, aberration_rng)
        self.objective = options.objective
        self.pitch_um = options.pitch_um
        self.sensor = Sensor(options.sensor, (options.height_px, options.width_px), sensor_rng)
        self._last_view: Last[NDArray[np.float32]] = Last()
        self._last_figures: Last[dict[str, float]] = Last()
        self._dose_uj: NDArray[np.float32] | None = None
        self._exposures = 0

    @cached_property
    def scene(self) -> NDArray[np.float32]:
        """Density of fluorophores, made when it is first needed."""
        options = self._options
        if options.scene in SCENES:
            return make_scene(options.scene, self.shape, options.pitch_um, self._scene_rng)
        return load_scene(Path(options.scene))

    @property
    def shape(self) -> tuple[int, int]:
        """Of the scene, samples."""
        if self._options.scene in SCENES:
            return (self._options.scene_samples, self._options.scene_samples)
        return (self.scene.shape[0], self.scene.shape[1])

    @cached_property
    def imager(self) -> FluorescenceImager:
        """The optics."""
        from sim.fluorescence import FluorescenceImager, Instrument

        options = self._options
        instrument = Instrument(
            objective=options.objective,
            shape_px=(options.height_px, options.width_px),
            pixel_um=options.pixel_um,
            aberration_nm=self.aberration_nm,
            photons_per_uj=options.photons_per_uj,
            background=options.background,
            bleaching_dose_uj=options.bleaching_dose_uj if options.bleaching else None,
        )
        return FluorescenceImager(instrument, options.device)

    def expected_electrons(self, settings: Mapping[str, Value]) -> NDArray[np.float32]:
        """Noise-free electrons of the next frame, (height, width) before binning; adds no dose."""
        exposure_ms = float(settings["camera.exposure_ms"])
        dose_uj = float(settings["light.power_mw"]) * exposure_ms
        photons = np.zeros(self.sensor.shape, np.float32)
        if dose_uj > 0:
            photons = self._view(settings) * np.float32(self._options.photons_per_uj * dose_uj)
        return self.sensor.expected_electrons(photons, exposure_ms)

    def expose(self, settings: Mapping[str, Value]) -> NDArray[np.uint8] | NDArray[np.uint16]:
        """Take a frame, and bleach what it has lit; (height // binning, width // binning), ADU."""
        flicker = self._options.lamp_flicker
        if flicker:
            factor = max(0.0, 1 + flicker * self._rng.standard_normal())
            settings = {**settings, "light.power_mw": factor * float(settings["light.power_mw"])}
        electrons = self.expected_electrons(settings)
        if self._options.bleaching:
            self._bleach(settings)
        return self.sensor.read_out(electrons, int(settings["camera.binning"]), self._rng)

    def noise_model(self, settings: Mapping[str, Value]) -> NoiseModel:
        """Numbers of ``CameraNoise`` at the binning in the settings."""
        return self.sensor.noise_model(int(settings["camera.binning"]))

    def metrics(self, settings: Mapping[str, Value]) -> dict[str, float]:
        """Compute the figures of merit of `sim.widefield_metrics`; the last are remembered."""
        from sim.fluorescence import FluorescenceSettings
        from sim.widefield_metrics import figures

        def compute() -> dict[str, float]:
            electrons = self.expected_electrons(settings)
            light = FluorescenceSettings.of(settings)
            binning = int(settings["camera.binning"])
            return figures(self.imager, light, binning, electrons, self.sensor.spec)

        return self._last_figures.of((tuple(settings.items()), self._exposures), compute)

    def _view(self, settings: Mapping[str, Value]) -> NDArray[np.float32]:
        """Blurred density on the camera's grid, as it will shine during the next exposure.

        Repeats of a field differ in noise alone, unless the sample bleaches.
        """
        import torch

        from sim.fluorescence import FluorescenceSettings

        def compute() -> NDArray[np.float32]:
            dose_uj = None if self._dose_uj is None else torch.from_numpy(self._dose_uj)
            with torch.inference_mode():
                images = self.imager.images(
                    torch.from_numpy(self.scene),
                    FluorescenceSettings.of(settings),
                    torch.tensor([_centre_um(settings)], dtype=torch.float64),
                    dose_uj,
                )
            view: NDArray[np.float32] = images[0].cpu().contiguous().numpy()
            return view

        unseen = () if self._options.bleaching else _NO_VIEW
        key = tuple(item for item in settings.items() if item[0] not in unseen)
        return self._last_view.of((key, self._exposures), compute)

    def _bleach(self, settings: Mapping[str, Value]) -> None:
        """Add the dose of one exposure to the places under the light."""
        from sim.fluorescence import lit_window

        dose_uj = float(settings["light.power_mw"]) * float(settings["camera.exposure_ms"])
        if dose_uj <= 0:
            return
        if self._dose_uj is None:
            self._dose_uj = np.zeros(self.scene.shape, np.float32)
        window = lit_window(self.imager.instrument, self.shape, _centre_um(settings), LIT_MARGIN_UM)
        places = (np.asarray(some) % size for some, size in zip(window, self.shape, strict=True))
        self._dose_uj[np.ix_(*places)] += np.float32(dose_uj)
        self._exposures += 1


def _centre_um(settings: Mapping[str, Value]) -> tuple[float, float]:
    return float(settings["stage.y_um"]), float(settings["stage.x_um"])
