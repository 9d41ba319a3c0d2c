"""The light path of the microscope in fluorescence: settings in, electrons and frames out.

Light power (mW) times exposure (ms) is the dose (uJ). The camera triggers the lamp, so that the
sample is lit, and bleaches, during exposures alone; it is lit evenly over the camera's field and
`LIT_MARGIN_UM` around it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from drivers.types import Value
from sim.microscope.fluorescence.options import FluorescenceOptions
from sim.microscope.fluorescence.scenes import load_scene, make_scene
from sim.microscope.stand.path import PLACE, StandPath, centre_um

if TYPE_CHECKING:  # torch takes a second to import, and parking a rig must not wait for it
    import torch

    from sim.microscope.fluorescence.imager import FluorescenceImager
    from sim.numerics.tensors import Numbers

LIT_MARGIN_UM = 4.0
"""How far the illumination's field stop lies outside the camera's field."""


class FluorescencePath(StandPath[FluorescenceOptions]):
    """The microscope in fluorescence.

    Parameters
    ----------
    options
        The ``[[driver]]`` table.
    """

    power: ClassVar[str] = "light.power_mw"

    def __init__(self, options: FluorescenceOptions) -> None:
        super().__init__(options)
        self.axes = options.axes
        self._dose_uj: NDArray[np.float32] | None = None
        self._bleached = 0  # exposures

    @cached_property
    def imager(self) -> FluorescenceImager:
        """The optics."""
        from sim.microscope.fluorescence.imager import FluorescenceImager, FluorescenceMicroscope

        options = self.options
        instrument = FluorescenceMicroscope(
            objective=options.objective,
            shape_px=(options.height_px, options.width_px),
            pixel_um=options.pixel_um,
            aberration_nm=self.aberration_nm,
            photons_per_uj=options.photons_per_uj,
            background=options.background,
            bleaching_dose_uj=options.bleaching_dose_uj if options.bleaching else None,
            blur_um=options.blur_nm / 1e3,
        )
        return FluorescenceImager(instrument, options.device)

    def expected_electrons(self, settings: Mapping[str, Value]) -> NDArray[np.float32]:
        """Noise-free electrons of the next frame, (height, width) before binning; adds no dose."""
        dose_uj = _dose_uj(settings)
        photons = np.zeros(self.sensor.shape, np.float32)
        if dose_uj > 0:
            photons = self._view(settings) * np.float32(self.options.photons_per_uj * dose_uj)
        return self.sensor.expected_electrons(photons, float(settings["camera.exposure_ms"]))

    def electrons_with_gradient(
        self, settings: Numbers, fields: Sequence[Mapping[str, Value]]
    ) -> torch.Tensor:
        """See `sim.parts.gradients`; the sample as it was before any light."""
        import torch

        from sim.microscope.fluorescence.imager import FluorescenceSettings
        from sim.parts.gradients import collected, places

        light = FluorescenceSettings.of(self.axes.really(settings))
        photons = self.imager.photons(
            torch.from_numpy(self.scene), light, places(settings, fields, PLACE)
        )
        return collected(self.sensor, photons, light.exposure_ms)

    def metrics(self, settings: Mapping[str, Value]) -> dict[str, float]:
        """Compute the figures of merit of this folder's ``metrics``; the last are remembered."""
        from sim.microscope.fluorescence.imager import FluorescenceSettings
        from sim.microscope.fluorescence.metrics import figures

        def compute() -> dict[str, float]:
            electrons = self.expected_electrons(settings)
            light = FluorescenceSettings.of(self.axes.really(settings))
            binning = int(settings["camera.binning"])
            return figures(self.imager, light, binning, electrons, self.sensor.spec)

        return self._last_figures.of((tuple(settings.items()), self._bleached), compute)

    def _make(self) -> NDArray[np.float32]:
        return make_scene(self.options.scene, self.shape, self.pitch_um, self.scene_rng)

    def _load(self, path: Path) -> NDArray[np.float32]:
        return load_scene(path)

    def _view(self, settings: Mapping[str, Value]) -> NDArray[np.float32]:
        """Blurred density on the camera's grid, as it will shine during the next exposure.

        Repeats of a field differ in noise alone, unless the sample bleaches.
        """
        import torch

        from sim.microscope.fluorescence.imager import FluorescenceSettings

        def compute() -> NDArray[np.float32]:
            dose_uj = None if self._dose_uj is None else torch.from_numpy(self._dose_uj)
            with torch.no_grad():
                images = self.imager.images(
                    torch.from_numpy(self.scene),
                    FluorescenceSettings.of(self.axes.really(settings)),
                    torch.tensor([centre_um(settings)], dtype=torch.float64),
                    dose_uj,
                )
            view: NDArray[np.float32] = images[0].cpu().contiguous().numpy()
            return view

        bleaches = self.options.bleaching
        key = tuple(settings.items()) if bleaches else self._view_key(settings)
        return self._last_view.of((key, self._bleached), compute)

    def _lit(self, settings: Mapping[str, Value]) -> None:
        """Add the dose of one exposure to the places under the light."""
        if not self.options.bleaching or not _dose_uj(settings) > 0:
            return
        from sim.microscope.fluorescence.imager import lit_window

        if self._dose_uj is None:
            self._dose_uj = np.zeros(self.scene.shape, np.float32)
        window = lit_window(self.imager.instrument, self.shape, centre_um(settings), LIT_MARGIN_UM)
        places = (np.asarray(some) % size for some, size in zip(window, self.shape, strict=True))
        self._dose_uj[np.ix_(*places)] += np.float32(_dose_uj(settings))
        self._bleached += 1


def _dose_uj(settings: Mapping[str, Value]) -> float:
    return float(settings["light.power_mw"]) * float(settings["camera.exposure_ms"])
