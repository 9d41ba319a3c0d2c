"""The light path of a simulated widefield microscope: settings in, photons and frames out.

Light power (mW) times exposure (ms) is the dose (uJ). A sample of density 1 sends
`photons_per_uj` photons to each pixel for every uJ; what lies out of focus in a real specimen is an
even haze of density `background`. Both bleach: what has had dose D gives exp(-D / D0) of its light.
The camera triggers the lamp, so that the sample is lit during exposures alone; it is lit evenly
over the camera's field and `LIT_MARGIN_UM` around it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil, expm1, floor
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from drivers.protocol import Value
from sim.pupil import Objective, PupilQuadrature
from sim.sensor import Sensor

if TYPE_CHECKING:  # torch takes a second to import, and parking a rig must not wait for it
    from sim.optics import ImageFormation

MODES = tuple(range(4, 12))
"""Noll indices of the deformable mirror, and of the hidden aberration."""

MIRROR_SETTINGS = tuple(f"mirror.z{j}_nm" for j in MODES)

GUARDS = (32, 64, 128, 256, 512, 1024)
"""Scene samples around the field, one of these, so that few FFT sizes occur. The smallest is 3.5 um
at the default pitch, beyond which an unaberrated point sends 1 % of its light."""

AIRY_TAIL_UM = 1.0
"""Added to the geometric blur when the guard band is chosen."""

LIT_MARGIN_UM = 4.0
"""How far the illumination's field stop lies outside the camera's field."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """All settings of the microscope at one moment."""

    x_um: float
    y_um: float
    z_um: float
    power_mw: float
    exposure_ms: float
    binning: int
    mirror_nm: tuple[float, ...]

    @classmethod
    def of(cls, settings: Mapping[str, Value]) -> Conditions:
        """Take them from canonical names and values; all names must be there."""
        return cls(
            x_um=float(settings["stage.x_um"]),
            y_um=float(settings["stage.y_um"]),
            z_um=float(settings["focus.z_um"]),
            power_mw=float(settings["light.power_mw"]),
            exposure_ms=float(settings["camera.exposure_ms"]),
            binning=int(settings["camera.binning"]),
            mirror_nm=tuple(float(settings[name]) for name in MIRROR_SETTINGS),
        )

    @property
    def dose_uj(self) -> float:
        """Light that one exposure brings to the sample, uJ."""
        return self.power_mw * self.exposure_ms


@dataclass(frozen=True, slots=True)
class Sample:
    """What lies under the objective, and how it shines.

    Parameters
    ----------
    load
        Makes the scene: (height, width), mean 1, periodic. Called once, at the first image.
    photons_per_uj
        Photons on a camera pixel from density 1 at a dose of 1 uJ.
    background
        Density of the haze.
    bleaching_dose_uj
        Dose after which 1/e of the light is left; None for a sample that does not bleach.
    """

    load: Callable[[], NDArray[np.float32]]
    photons_per_uj: float
    background: float
    bleaching_dose_uj: float | None


class Widefield:
    """Sample, objective with a hidden aberration, deformable mirror, and sensor.

    Parameters
    ----------
    sample, objective, sensor
        The parts.
    pixel_um
        Side of a camera pixel in the sample.
    aberration_nm
        Hidden coefficient of each of `MODES`, nm rms.
    rng
        Draws shot and read noise, and the lamp's flicker.
    lamp_flicker
        Relative standard deviation of the light from frame to frame.
    """

    def __init__(
        self,
        sample: Sample,
        objective: Objective,
        sensor: Sensor,
        pixel_um: float,
        aberration_nm: tuple[float, ...],
        rng: np.random.Generator,
        lamp_flicker: float = 0.0,
    ) -> None:
        self.sensor = sensor
        self.aberration_nm = aberration_nm
        self._sample = sample
        self._objective = objective
        self._pixel_um = pixel_um
        self._oversampling = objective.oversampling(pixel_um)
        self._pitch_um = pixel_um / self._oversampling
        self._rng = rng
        self._lamp_flicker = lamp_flicker
        self._last_view: tuple[object, NDArray[np.float32]] | None = None

    @cached_property
    def scene(self) -> NDArray[np.float32]:
        """Density of fluorophores, made when it is first needed."""
        return self._sample.load()

    @cached_property
    def _dose_uj(self) -> NDArray[np.float32]:
        """Dose that each point of the scene has had."""
        return np.zeros_like(self.scene)

    @cached_property
    def _optics(self) -> ImageFormation:
        from sim.optics import ImageFormation

        return ImageFormation(self._objective, self._pixel_um, MODES)

    @cached_property
    def _pupil(self) -> PupilQuadrature:
        return PupilQuadrature(self._objective, MODES)

    @property
    def mismatch_nm(self) -> tuple[float, ...]:
        """Coefficient of each of `MODES` in what the sample's index adds, nm rms."""
        return tuple(self._pupil.modes_of_mismatch_nm().tolist())

    def residual_nm(self, conditions: Conditions) -> tuple[float, ...]:
        """Coefficients of hidden aberration and mirror together, focus left aside, nm rms."""
        pairs = zip(self.aberration_nm, conditions.mirror_nm, strict=True)
        return tuple(hidden + mirror for hidden, mirror in pairs)

    def residual_rms_nm(self, conditions: Conditions) -> float:
        """Wavefront error of hidden aberration, mirror and defocus together, nm rms."""
        return self._pupil.rms_nm(self.residual_nm(conditions), conditions.z_um)

    def expected_electrons(self, conditions: Conditions) -> NDArray[np.float32]:
        """Noise-free electrons of the next frame, before binning and full well; adds no dose.

        Returns
        -------
        ndarray
            (height, width), electrons.
        """
        photons = np.zeros(self.sensor.shape, np.float32)
        if conditions.dose_uj > 0:
            scale = self._sample.photons_per_uj * conditions.dose_uj
            photons = self._view(conditions) * np.float32(scale)
        return self.sensor.expected_electrons(photons, conditions.exposure_ms)

    def expose(self, conditions: Conditions) -> NDArray[np.uint8] | NDArray[np.uint16]:
        """Take a frame, and bleach what it has lit.

        Returns
        -------
        ndarray
            (height // binning, width // binning), ADU.
        """
        if self._lamp_flicker:
            factor = max(0.0, 1 + self._lamp_flicker * self._rng.standard_normal())
            conditions = replace(conditions, power_mw=factor * conditions.power_mw)
        electrons = self.expected_electrons(conditions)
        if self._sample.bleaching_dose_uj is not None and conditions.dose_uj > 0:
            margin = ceil(LIT_MARGIN_UM / self._pitch_um)
            rows, columns, _ = self._window(conditions, margin)
            self._dose_uj[np.ix_(rows, columns)] += np.float32(conditions.dose_uj)
        return self.sensor.read_out(electrons, conditions.binning, self._rng)

    def _view(self, conditions: Conditions) -> NDArray[np.float32]:
        """Blurred density on the camera's grid, as it will shine during the next exposure."""
        modes_nm = self.residual_nm(conditions)
        key = (conditions.x_um, conditions.y_um, conditions.z_um, modes_nm)
        # Repeats of a field differ in noise alone, unless the sample bleaches.
        if self._last_view is not None and self._last_view[0] == key:
            return self._last_view[1]
        blur_um = self._pupil.blur_radius_um(modes_nm, conditions.z_um)
        wanted = (blur_um + AIRY_TAIL_UM) / self._pitch_um
        guard = next((size for size in GUARDS if size >= wanted), GUARDS[-1])
        rows, columns, shift = self._window(conditions, guard)
        window = np.ix_(rows, columns)
        density = self.scene[window] + np.float32(self._sample.background)
        bleaching_dose_uj = self._sample.bleaching_dose_uj
        if bleaching_dose_uj is not None:
            density *= np.exp(-self._dose_uj[window] / np.float32(bleaching_dose_uj))
            spent = conditions.dose_uj / bleaching_dose_uj
            density *= np.float32(-expm1(-spent) / spent)  # mean of exp(-D / D0) over the exposure
        blurred = self._optics.image(density, modes_nm, conditions.z_um, shift)
        step = self._oversampling
        height, width = (size * step for size in self.sensor.shape)
        view = blurred[guard : guard + height : step, guard : guard + width : step]
        view = np.ascontiguousarray(view)
        if bleaching_dose_uj is None:
            self._last_view = (key, view)
        return view

    def _window(
        self, conditions: Conditions, guard: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], tuple[float, float]]:
        """Scene rows and columns under the field with a guard band, and the fraction left over."""
        corners = [
            size / 2 + position_um / self._pitch_um - pixels * self._oversampling / 2
            for size, position_um, pixels in zip(
                self.scene.shape,
                (conditions.y_um, conditions.x_um),
                self.sensor.shape,
                strict=True,
            )
        ]
        # 1e-6 of a sample is nothing to the image, and rounding errors must not cost a phase ramp.
        whole = [floor(corner + 1e-6) for corner in corners]
        rows, columns = (
            np.arange(start - guard, start + pixels * self._oversampling + guard) % size
            for start, pixels, size in zip(whole, self.sensor.shape, self.scene.shape, strict=True)
        )
        shift = [max(0.0, corner - start) for corner, start in zip(corners, whole, strict=True)]
        return rows, columns, (_snapped(shift[0]), _snapped(shift[1]))


def _snapped(fraction: float) -> float:
    return fraction if fraction > 1e-6 else 0.0
