"""From land and settings to expected electrons: batched, differentiable.

g : ground sample, m: H p / f        v : speed over the ground, m/s        t : integration time, s
The scene is sampled at g / 2. Across the track pixels lie g apart; along it lines lie v / line rate
apart, and the blurred image is looked up there by cubic convolution (Keys, IEEE Trans. ASSP 1981).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import ceil, inf, pi, sqrt

import numpy as np
import torch

from sim.numerics.batches import by_groups
from sim.numerics.memo import Last
from sim.numerics.periodic import cut, shift_phases
from sim.numerics.tensors import Numbers, key_of, number, wants_gradient
from sim.satellite.optics import AnnularPupil, sample_transfer
from sim.satellite.radiometry import band_share, electron_rates

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)  # wavelengths across the band
_GUARD = 16  # scene samples around the field
_BLOCK = 32
_EARTH_KM = 6371.0
_EARTH_KM3_S2 = 398600.4


@dataclass(frozen=True, slots=True)
class Telescope:
    """What no setting changes.

    Parameters
    ----------
    side_px, pixel_um
        Of the frames and of the sensor.
    altitude_km, aperture_mm, obscuration, focal_mm, transmission
        The telescope; obscuration is a share of the aperture's diameter.
    jitter_urad
        Rms motion of the line of sight during an exposure, along each axis.
    sun_cosine, haze
        Of the sun's angle from the zenith; aerosol's optical depth at 550 nm.
    peak_efficiency
        Electrons per photon at best.
    dark_e_per_s
        Dark current.
    """

    side_px: int
    pixel_um: float
    altitude_km: float
    aperture_mm: float
    obscuration: float
    focal_mm: float
    transmission: float
    jitter_urad: float
    sun_cosine: float
    haze: float
    peak_efficiency: float
    dark_e_per_s: float

    @property
    def ground_m(self) -> float:
        """Distance of pixels on the ground, g."""
        return self.altitude_km * self.pixel_um / self.focal_mm

    @property
    def speed_m_s(self) -> float:
        """Speed of a circular orbit over a ground that stands still, v."""
        radius_km = _EARTH_KM + self.altitude_km
        return 1e3 * sqrt(_EARTH_KM3_S2 / radius_km) * _EARTH_KM / radius_km

    @property
    def f_number(self) -> float:
        """Focal length over aperture."""
        return self.focal_mm / self.aperture_mm

    @property
    def etendue_m2_sr(self) -> float:
        """Open area times a pixel's solid angle times transmission."""
        area_m2 = pi / 4 * (self.aperture_mm / 1e3) ** 2 * (1 - self.obscuration**2)
        return area_m2 * (self.pixel_um / 1e3 / self.focal_mm) ** 2 * self.transmission


@dataclass(frozen=True, slots=True)
class SettingErrors:
    """How what is really so differs from what the settings say.

    Parameters
    ----------
    focus_offset_um, focus_scale
        The focus is at scale times what it says, and the offset.
    exposure_offset_ms
        The shutter stays open for so much longer than it says.
    """

    focus_offset_um: float | torch.Tensor = 0.0
    focus_scale: float | torch.Tensor = 1.0
    exposure_offset_ms: float | torch.Tensor = 0.0


AS_SAID = SettingErrors()


@dataclass(frozen=True, slots=True)
class Exposure:
    """The settings as they are, as numbers that gradients flow through: 0-d float64 tensors."""

    focus_um: torch.Tensor
    centre_nm: torch.Tensor
    width_nm: torch.Tensor
    time_s: torch.Tensor
    lines_per_s: torch.Tensor

    @classmethod
    def of(cls, settings: Numbers, errors: SettingErrors = AS_SAID) -> Exposure:
        """Take them from canonical names. A line is not exposed longer than its period."""
        lines_per_s = 1e3 * number(settings, "camera.line_rate_khz")
        open_ms = number(settings, "camera.exposure_ms") + errors.exposure_offset_ms
        return cls(
            focus_um=number(settings, "telescope.focus_um") * errors.focus_scale
            + errors.focus_offset_um,
            centre_nm=number(settings, "filter.centre_nm"),
            width_nm=number(settings, "filter.width_nm"),
            time_s=torch.minimum(torch.clamp(open_ms, min=0) / 1e3, 1 / lines_per_s),
            lines_per_s=lines_per_s,
        )

    @property
    def numbers(self) -> tuple[torch.Tensor, ...]:
        """All of them."""
        return (self.focus_um, self.centre_nm, self.width_nm, self.time_s, self.lines_per_s)


class PushBroom:
    """Expected electrons of every pixel.

    Parameters
    ----------
    telescope
        What no setting changes.
    device
        ``"cpu"``, ``"cuda"``.
    """

    def __init__(self, telescope: Telescope, device: str = "cpu") -> None:
        self.telescope = telescope
        self._device = device
        self._last: Last[tuple[torch.Tensor, torch.Tensor]] = Last()

    @cached_property
    def _pupil(self) -> AnnularPupil:
        return AnnularPupil(self.telescope.obscuration)

    def grid(self, exposure: Exposure) -> tuple[int, int]:
        """Choose how many scene samples lie under a field and its guard, (down, across)."""
        one = self.telescope
        line_m = one.speed_m_s / float(exposure.lines_per_s.detach())
        down = ceil(one.side_px * line_m / (one.ground_m / 2))
        sizes = (down + 2 * _GUARD, 2 * one.side_px + 2 * _GUARD)
        return (_BLOCK * -(-sizes[0] // _BLOCK), _BLOCK * -(-sizes[1] // _BLOCK))

    def aperture(self, exposure: Exposure, fy: torch.Tensor, fx: torch.Tensor) -> torch.Tensor:
        """Transfer of the aperture alone, in focus or out of it: what takes time in `system`."""
        one = self.telescope
        l_nm = _wavelengths(exposure)
        waves = exposure.focus_um / (8 * one.f_number**2) / (l_nm / 1e3)
        cutoff = one.aperture_mm * 1e-3 / (l_nm * 1e-9) / (one.altitude_km * 1e3)  # cycles/m
        return sample_transfer(
            self._pupil.transfer(waves), fy[None] / cutoff[:, None], fx[None] / cutoff[:, None]
        )

    def system(
        self,
        exposure: Exposure,
        fy: torch.Tensor,
        fx: torch.Tensor,
        aperture: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Transfer functions and rates at the wavelengths of the band.

        Parameters
        ----------
        exposure
            The settings.
        fy, fx
            Frequencies along and across the track, cycles/m.
        aperture
            Of `aperture`, where it is known.

        Returns
        -------
        transfer
            (wavelengths, len(fy), len(fx)), 1 at frequency 0.
        ground, air
            (wavelengths,) electrons a second through the band, from reflectance 1 and from the air.
        """
        one = self.telescope
        l_nm = _wavelengths(exposure)
        width = exposure.width_nm / 2 * torch.from_numpy(_WEIGHTS)
        ground, air = electron_rates(
            l_nm, one.etendue_m2_sr, one.sun_cosine, one.haze, one.peak_efficiency
        )
        optics = self.aperture(exposure, fy, fx) if aperture is None else aperture
        smear_m = one.speed_m_s * exposure.time_s
        jitter_m = one.jitter_urad * 1e-6 * one.altitude_km * 1e3
        along = torch.sinc(fy * one.ground_m) * torch.sinc(fy * smear_m)
        along = along * torch.exp(-2 * (pi * jitter_m * fy) ** 2)
        across = torch.sinc(fx * one.ground_m) * torch.exp(-2 * (pi * jitter_m * fx) ** 2)
        transfer = optics * along[None, :, None] * across[None, None, :]
        return transfer, ground * width, air * width

    def electrons(
        self, scene: torch.Tensor, exposure: Exposure, pointing_m: torch.Tensor
    ) -> torch.Tensor:
        """Compute the expected electrons.

        Parameters
        ----------
        scene
            (4, side, side) reflectance at half the ground sample; its dtype is the result's.
        exposure
            The settings.
        pointing_m
            (B, 2) along and across the track, m, of each field's centre. Memory: one field at a
            time, about 60 bytes for each sample of `grid` in single precision, beside the result.

        Returns
        -------
        Tensor
            (B, side_px, side_px), lines by pixels.
        """
        one, step_m = self.telescope, self.telescope.ground_m / 2
        down, across = self.grid(exposure)
        transfer, air = self._transfer(exposure, (down, across), scene.dtype)
        line_m = one.speed_m_s / exposure.lines_per_s
        lines = (torch.arange(one.side_px, dtype=torch.float64) - (one.side_px - 1) / 2) * line_m
        even = air * exposure.time_s + float(one.dark_e_per_s) * exposure.time_s

        def field(centres: torch.Tensor) -> torch.Tensor:
            row, column = (centres[0] / step_m).unbind()
            top = int(row.detach().round()) - down // 2
            left = int(column.detach().round()) - across // 2
            middle = scene.shape[1] // 2, scene.shape[2] // 2
            window = cut(scene, top + middle[0], left + middle[1], down, across)
            spectrum = (torch.fft.rfft2(window.to(self._device)) * transfer).sum(dim=0)
            # what is left of the pointing after whole samples, and pixels' centres between samples
            offset = column - left - one.side_px + 0.5
            moved = torch.stack([torch.zeros_like(offset), offset])[None].to(self._device)
            _, phases = shift_phases((down, across), moved, spectrum.dtype)
            image = torch.fft.irfft2(spectrum * phases[0], s=(down, across))
            columns = image[:, : 2 * one.side_px : 2]
            rows = (row - top) + lines / step_m
            ground = _cubic_rows(columns, rows.to(self._device))
            return (torch.clamp(ground, min=0) + even.to(ground.dtype))[None]

        return by_groups(field, pointing_m.to(torch.float64), inf)

    def _transfer(
        self, exposure: Exposure, grid: tuple[int, int], dtype: torch.dtype
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Electrons from each band's reflectance, by frequency, and a second from the air."""

        def make() -> tuple[torch.Tensor, torch.Tensor]:
            return self._make_transfer(exposure, grid, dtype)

        if wants_gradient(*exposure.numbers):
            return make()
        return self._last.of((key_of(*exposure.numbers), grid, dtype), make)

    def _make_transfer(
        self, exposure: Exposure, grid: tuple[int, int], dtype: torch.dtype
    ) -> tuple[torch.Tensor, torch.Tensor]:
        step_m = self.telescope.ground_m / 2
        fy = torch.fft.fftfreq(grid[0], step_m, dtype=torch.float64)
        fx = torch.fft.rfftfreq(grid[1], step_m, dtype=torch.float64)
        transfer, ground, air = self.system(exposure, fy, fx)
        share = band_share(_wavelengths(exposure))
        weight = share * ground * exposure.time_s
        by_band = torch.einsum("bl,lyx->byx", weight, transfer).to(dtype)
        return by_band.to(self._device), air.sum()


def _wavelengths(exposure: Exposure) -> torch.Tensor:
    return exposure.centre_nm + exposure.width_nm / 2 * torch.from_numpy(_NODES)


def _cubic_rows(image: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    """Look rows up between samples by Keys's cubic convolution, a = -1/2."""
    first = rows.detach().floor().long()
    x = (rows - first).to(image.dtype)[:, None]
    weights = (
        ((-0.5 * x + 1.0) * x - 0.5) * x,
        (1.5 * x - 2.5) * x * x + 1.0,
        ((-1.5 * x + 2.0) * x + 0.5) * x,
        (0.5 * x - 0.5) * x * x,
    )
    last = image.shape[0] - 1
    parts = (
        image[torch.clamp(first + k, 0, last)] * w
        for k, w in zip((-1, 0, 1, 2), weights, strict=True)
    )
    result: torch.Tensor = torch.stack(tuple(parts)).sum(dim=0)
    return result
