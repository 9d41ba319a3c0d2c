"""The light path of the microscope in phase contrast: settings in, electrons and frames out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from drivers.types import Value
from sim.microscope.led_array.options import LedArrayOptions
from sim.microscope.led_array.scenes import Opd, load_opd, make_opd
from sim.microscope.stand.path import PLACE, StandPath, centre_um

if TYPE_CHECKING:  # torch takes a second to import, and parking a rig must not wait for it
    import torch

    from sim.microscope.led_array.imager import LedImager
    from sim.numerics.tensors import Numbers


class LedPath(StandPath[LedArrayOptions]):
    """The microscope with an LED array; its scene is of path differences, nm.

    Parameters
    ----------
    options
        The ``[[driver]]`` table, with ``contrast = "phase"``.
    """

    power: ClassVar[str] = "led.power_mw"

    @cached_property
    def imager(self) -> LedImager:
        """The optics."""
        from sim.microscope.led_array.imager import LedImager, LedMicroscope

        options = self.options
        instrument = LedMicroscope(
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
        from sim.microscope.led_array.imager import led_settings

        exposure_ms = float(settings["camera.exposure_ms"])
        photons = np.zeros(self.sensor.shape, np.float32)
        if float(settings["led.power_mw"]) > 0:
            brightness = self.imager.brightness(led_settings(settings))
            photons = self._view(settings) * np.float32(float(brightness))
        return self.sensor.expected_electrons(photons, exposure_ms)

    def electrons_with_gradient(
        self, settings: Numbers, fields: Sequence[Mapping[str, Value]]
    ) -> torch.Tensor:
        """See `sim.parts.gradients`."""
        import torch

        from sim.microscope.led_array.imager import led_settings
        from sim.parts.gradients import collected, places

        light = led_settings(settings)
        photons = self.imager.photons(
            torch.from_numpy(self.scene), light, places(settings, fields, PLACE)
        )
        return collected(self.sensor, photons, light.exposure_ms)

    def metrics(self, settings: Mapping[str, Value]) -> dict[str, float]:
        """Compute the figures of merit of this folder's ``metrics``; the last are remembered."""
        from sim.microscope.led_array.imager import led_settings
        from sim.microscope.led_array.metrics import figures

        def compute() -> dict[str, float]:
            electrons = self.expected_electrons(settings)
            return figures(self.imager, led_settings(settings), electrons, self.sensor.spec)

        return self._last_figures.of(tuple(settings.items()), compute)

    def _make(self) -> Opd:
        return make_opd(self.options.scene, self.shape, self.pitch_um, self.scene_rng)

    def _load(self, path: Path) -> Opd:
        return load_opd(path)

    def _lit(self, settings: Mapping[str, Value]) -> None:
        """Leave it as it was: nothing bleaches."""

    def _view(self, settings: Mapping[str, Value]) -> NDArray[np.float32]:
        """Image relative to an empty field; repeats of a field differ in noise alone."""
        import torch

        from sim.microscope.led_array.imager import led_settings

        def compute() -> NDArray[np.float32]:
            with torch.no_grad():
                images = self.imager.images(
                    torch.from_numpy(self.scene),
                    led_settings(settings),
                    torch.tensor([centre_um(settings)], dtype=torch.float64),
                )
            view: NDArray[np.float32] = images[0].cpu().numpy()
            return view

        return self._last_view.of(self._view_key(settings), compute)
