"""From a transparent scene and all settings to expected photons: batched, differentiable.

    photons of a pixel = rate * power * share * time * (lambda / 530 nm) * [I * pixel](x)

I is the image of `sim.microscope.led_array.abbe`, 1 where nothing is in the way of light that the
objective takes in; share is that of the LEDs that are lit (`sim.microscope.led_array.source`);
`rate` is in photons for each uJ that reaches the sample at 530 nm, of which longer waves have
more. The scene fades out over the outer quarter of a guard band around the field, so that the
field's period shows nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import numpy as np
import torch
from scipy.fft import next_fast_len

from sim.microscope.led_array.abbe import Abbe, AbbeOptics
from sim.microscope.led_array.settings import REFERENCE_NM
from sim.microscope.led_array.source import Lit
from sim.microscope.stand.mirror import MIRROR_SETTINGS, MODES
from sim.numerics.batches import by_groups
from sim.numerics.periodic import cut, shift_phases
from sim.numerics.pupil import ObjectiveLens, PupilQuadrature
from sim.numerics.tensors import Numbers, number

GUARDS_PX = (16, 32, 64, 128, 256)
_BYTES_PER_IMAGE_SAMPLE, _BYTES_PER_SCENE_SAMPLE = 28, 28  # in single precision
_TAIL_WAVES = 3.0  # lambda / NA that the guard band gives to the tail of a coherent spot


@dataclass(frozen=True, slots=True)
class LedMicroscope:
    """What no setting changes.

    Parameters
    ----------
    objective
        Its wavelength is the shortest that occurs.
    shape_px, pixel_um
        Of the camera, (height, width), and of a pixel in the sample.
    scene_samples, image_samples
        Samples along a side of a pixel, of the scene and of the light on the camera.
    absorption
        See `Abbe.image`.
    photons_per_uj
        On a pixel, from an empty field at 530 nm.
    aberration_nm
        Hidden, of each of `MODES`, nm rms.
    points, widest_na
        Of the source.
    """

    objective: ObjectiveLens
    shape_px: tuple[int, int]
    pixel_um: float
    scene_samples: int
    image_samples: int
    absorption: float
    photons_per_uj: float
    aberration_nm: tuple[float, ...]
    points: int
    widest_na: float


@dataclass(frozen=True, slots=True)
class LedSettings:
    """All settings as 0-d float64 tensors that gradients flow through; `modes_nm` is (modes,)."""

    pattern: str
    inner_na: torch.Tensor
    outer_na: torch.Tensor
    wavelength_nm: torch.Tensor
    power_mw: torch.Tensor
    exposure_ms: torch.Tensor
    z_um: torch.Tensor
    modes_nm: torch.Tensor


def led_settings(settings: Numbers) -> LedSettings:
    """Take them from canonical names; numbers may be tensors with gradients."""
    return LedSettings(
        pattern=str(settings["led.pattern"]),
        inner_na=number(settings, "led.inner_na"),
        outer_na=number(settings, "led.outer_na"),
        wavelength_nm=number(settings, "led.wavelength_nm"),
        power_mw=number(settings, "led.power_mw"),
        exposure_ms=number(settings, "camera.exposure_ms"),
        z_um=number(settings, "focus.z_um"),
        modes_nm=torch.stack([number(settings, name) for name in MIRROR_SETTINGS]),
    )


class LedImager:
    """Images of a scene under the LED array.

    Parameters
    ----------
    instrument
        What no setting changes.
    device
        ``"cpu"``, ``"cuda"``.
    """

    def __init__(self, instrument: LedMicroscope, device: str = "cpu") -> None:
        self.instrument = instrument
        self._device = device
        self._quadrature = PupilQuadrature(instrument.objective, MODES)
        self._abbe: dict[int, tuple[Abbe, tuple[int, int]]] = {}

    def lit(self, settings: LedSettings) -> Lit:
        """Tell which LEDs are on."""
        na = self.instrument.objective.numerical_aperture
        return Lit.of(settings.pattern, settings.inner_na, settings.outer_na, na)

    def optics(self, settings: LedSettings) -> AbbeOptics:
        """Directions, wavelength and wavefront of the settings."""
        one = self.instrument
        directions = self.lit(settings).points(one.points)
        hidden = torch.tensor(one.aberration_nm, dtype=torch.float64)
        wavelength_um = settings.wavelength_nm / 1e3
        return AbbeOptics(directions, wavelength_um, settings.z_um, hidden + settings.modes_nm)

    def photons(
        self, opd_nm: torch.Tensor, settings: LedSettings, centres_um: torch.Tensor
    ) -> torch.Tensor:
        """Compute the expected photons of every pixel.

        Parameters
        ----------
        opd_nm
            (height, width) scene, periodic; its dtype is that of the result.
        settings
            Of light and optics.
        centres_um
            (B, 2) float64, y and x of each field in the scene. Memory: in groups of 64 MB, or one
            field if that is more, 28 bytes for each sample of scene and image; beside them that of
            `Abbe.image`.

        Returns
        -------
        Tensor
            (B, *shape_px).
        """
        scale = self.brightness(settings).to(opd_nm.dtype).to(self._device)
        return self.images(opd_nm, settings, centres_um) * scale

    def brightness(self, settings: LedSettings) -> torch.Tensor:
        """Photons of a pixel where nothing is in the way."""
        one = self.instrument
        share = self.lit(settings).share(one.widest_na)
        dose_uj = settings.power_mw * share * settings.exposure_ms
        return one.photons_per_uj * dose_uj * settings.wavelength_nm / REFERENCE_NM

    def images(
        self, opd_nm: torch.Tensor, settings: LedSettings, centres_um: torch.Tensor
    ) -> torch.Tensor:
        """As `photons`, relative to an empty field in light that the objective takes in."""
        guard = self.guard_px(settings)
        abbe, grid_px = self._sized(guard)
        optics = self.optics(settings)

        def some(centres: torch.Tensor) -> torch.Tensor:
            return self._images(opd_nm, abbe, optics, centres, guard, grid_px)

        samples = grid_px[0] * grid_px[1]
        image_bytes = _BYTES_PER_IMAGE_SAMPLE * self.instrument.image_samples**2
        scene_bytes = _BYTES_PER_SCENE_SAMPLE * self.instrument.scene_samples**2
        return by_groups(some, centres_um, samples * (image_bytes + scene_bytes))

    def _images(
        self,
        opd_nm: torch.Tensor,
        abbe: Abbe,
        optics: AbbeOptics,
        centres_um: torch.Tensor,
        guard: int,
        grid_px: tuple[int, int],
    ) -> torch.Tensor:
        one = self.instrument
        crops, shifts = self._crops(opd_nm, centres_um, guard, grid_px)
        light = abbe.image(crops, one.absorption, optics)
        k = one.image_samples
        shape = (grid_px[0] * k, grid_px[1] * k)
        spectrum = torch.fft.rfft2(light)
        fy, fx = torch.fft.fftfreq(shape[0]), torch.fft.rfftfreq(shape[1])
        spectrum = spectrum * torch.sinc(fy * k)[:, None].to(light) * torch.sinc(fx * k).to(light)
        moved = shifts.to(self._device) * (k / one.scene_samples)
        for phases in shift_phases(shape, moved, spectrum.dtype):
            spectrum = spectrum * phases
        light = torch.fft.irfft2(spectrum, s=shape)
        rows, columns = (slice(guard * k, (guard + n) * k, k) for n in one.shape_px)
        # the box of a pixel is cut off where spectra end: its ringing may dip below a dark field
        result: torch.Tensor = light[:, rows, columns].clamp(min=0)
        return result

    def guard_px(self, settings: LedSettings) -> int:
        """How far the simulated field reaches beyond the camera's."""
        one = self.instrument
        modes_nm = np.asarray(one.aberration_nm) + settings.modes_nm.detach().numpy()
        z_um = float(settings.z_um.detach())
        blur_um = self._quadrature.blur_radius_um(modes_nm.tolist(), z_um)
        wavelength_um = float(settings.wavelength_nm.detach()) / 1e3
        tail_um = _TAIL_WAVES * wavelength_um / one.objective.numerical_aperture
        wanted = (blur_um + tail_um) / one.pixel_um * 4 / 3
        return next((size for size in GUARDS_PX if size >= wanted), GUARDS_PX[-1])

    def _sized(self, guard: int) -> tuple[Abbe, tuple[int, int]]:
        """Size the field with its guard band, (height, width) in pixels, good for transforms."""
        if guard not in self._abbe:
            one = self.instrument
            rows, columns = (next_fast_len(n + 2 * guard) for n in one.shape_px)
            shape = (rows * one.image_samples, columns * one.image_samples)
            field_um = (rows * one.pixel_um, columns * one.pixel_um)
            abbe = Abbe(one.objective, MODES, shape, field_um, self._device)
            self._abbe[guard] = (abbe, (rows, columns))
        return self._abbe[guard]

    def _crops(
        self, opd_nm: torch.Tensor, centres_um: torch.Tensor, guard: int, grid_px: tuple[int, int]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Cut out the scene under each field, faded to its end; fractions of a sample left over.

        Returns
        -------
        tuple
            (B, rows, columns), and (B, 2) that gradients flow through.
        """
        one = self.instrument
        k = one.scene_samples
        middle = torch.tensor(
            [s / 2 - n * k / 2 for s, n in zip(opd_nm.shape, one.shape_px, strict=True)],
            dtype=torch.float64,
        )
        corners = middle + centres_um * (k / one.pixel_um)
        whole = (corners.detach() + 1e-6).floor()
        fade = _fade(guard, k, grid_px, one.shape_px).to(opd_nm)
        height, width = (n * k for n in grid_px)
        crops = [
            cut(opd_nm, top - guard * k, left - guard * k, height, width) * fade
            for top, left in whole.long().tolist()
        ]
        return torch.stack(crops).to(self._device), corners - whole


def _fade(guard: int, k: int, grid_px: tuple[int, int], shape_px: tuple[int, int]) -> torch.Tensor:
    """Make a window over the field: 1 up to three quarters of the guard band, then down to 0."""
    axes = []
    for n_grid, n in zip(grid_px, shape_px, strict=True):
        place = (torch.arange(n_grid * k, dtype=torch.float64) + 0.5) / k - guard
        outside = torch.maximum(-place, place - n) / guard
        axes.append(torch.sin(pi / 2 * ((1 - outside) * 4).clamp(0, 1)).square())
    return axes[0][:, None] * axes[1]
