"""From a scene and the settings to expected electrons in every band: batched, differentiable.

    e_b(y, x) = t_b A Omega tau s p / pi int E(l) R(l, y, x) T_b(l) q(l) l / (h c) dl + dark t_b

t_b   : time of band b in a line, (exposure / lines) share_b / sum of shares
Omega : solid angle of the lens as a pixel sees it, pi / (4 N^2)
s p   : slit times pixel, the area that is lit
E, R, q, T are those of `sim.hyperspectral.spectra` and `passband`, the blur that of `optics`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf, pi

import numpy as np
import torch
from numpy.typing import NDArray

from sim.hyperspectral.optics import transfer
from sim.hyperspectral.passband import passband
from sim.hyperspectral.spectra import WAVELENGTHS_NM, electrons_per_joule
from sim.numerics.batches import by_groups
from sim.numerics.memo import Last
from sim.numerics.periodic import cut, shift_phases
from sim.numerics.tensors import Numbers, key_of, number, wants_gradient

SAMPLES_PER_PIXEL = 2
WIDEST_SLIT_UM = 60.0
_BLOCK = 32  # sizes of grids are multiples of it
_AT_ONCE = 8  # materials that are cut out of the scene together


@dataclass(frozen=True, slots=True)
class Spectrometer:
    """What no setting changes.

    Parameters
    ----------
    side_px
        Pixels of a line, and lines of a frame.
    pixel_um, f_number, transmission
        Of the sensor; of lens and spectrometer.
    sample_pixel_um
        What a pixel sees of the sample.
    dispersion_nm_per_um
        Of the spectrum at the filter, per width of the slit.
    filter_shape
        One of `passband.SHAPES`.
    illuminant, lit_cm2
        E at `WAVELENGTHS_NM`, 1 W/m^2 in all; area of the sample that the light falls on.
    peak_efficiency
        Electrons per photon at best.
    """

    side_px: int
    pixel_um: float
    f_number: float
    transmission: float
    sample_pixel_um: float
    dispersion_nm_per_um: float
    filter_shape: str
    illuminant: NDArray[np.float64]
    lit_cm2: float
    peak_efficiency: float

    @property
    def step_um(self) -> float:
        """Distance of the scene's samples on the sensor."""
        return self.pixel_um / SAMPLES_PER_PIXEL

    @property
    def sample_step_um(self) -> float:
        """Distance of the scene's samples on the sample."""
        return self.sample_pixel_um / SAMPLES_PER_PIXEL

    @property
    def grid(self) -> int:
        """Samples a side under a field, with room for the widest slit around it."""
        guard = 2 * ceil(WIDEST_SLIT_UM / self.step_um)
        return _BLOCK * ceil((SAMPLES_PER_PIXEL * self.side_px + guard) / _BLOCK)


@dataclass(frozen=True, slots=True)
class BandSettings:
    """The settings, as numbers that gradients flow through: float64 tensors.

    Parameters
    ----------
    centre_nm, width_nm, share
        (bands,).
    slit_um, exposure_s, power_mw
        0-d; the exposure is that of a whole cube.
    """

    centre_nm: torch.Tensor
    width_nm: torch.Tensor
    share: torch.Tensor
    slit_um: torch.Tensor
    exposure_s: torch.Tensor
    power_mw: torch.Tensor

    @classmethod
    def of(cls, settings: Numbers, bands: int) -> BandSettings:
        """Take them from canonical names."""

        def each(name: str) -> torch.Tensor:
            return torch.stack([number(settings, name.format(b)) for b in range(1, bands + 1)])

        return cls(
            centre_nm=each("filter.centre{}_nm"),
            width_nm=each("filter.width{}_nm"),
            share=each("camera.share{}"),
            slit_um=number(settings, "spectrometer.slit_um"),
            exposure_s=number(settings, "camera.exposure_ms") / 1e3,
            power_mw=number(settings, "lamp.power_mw"),
        )

    def band_s(self, lines: int) -> torch.Tensor:
        """Return t_b, (bands,)."""
        return self.exposure_s / lines * self.share / self.share.sum()

    @property
    def sharpness(self) -> tuple[torch.Tensor, torch.Tensor]:
        """What the transfer functions depend on."""
        return self.centre_nm, self.slit_um


class HyperspectralImager:
    """Cubes through slit and filter.

    Parameters
    ----------
    instrument
        What no setting changes.
    dark_e_per_s
        Of the line of pixels, broadcast against (side_px, lines).
    device
        ``"cpu"``, ``"cuda"``.
    """

    def __init__(
        self,
        instrument: Spectrometer,
        dark_e_per_s: NDArray[np.float64] | float = 0.0,
        device: str = "cpu",
    ) -> None:
        self.instrument = instrument
        self._dark = torch.as_tensor(dark_e_per_s, dtype=torch.float64, device=device)
        self._device = device
        self._last: Last[torch.Tensor] = Last()
        self.l_nm = torch.from_numpy(WAVELENGTHS_NM)
        per_joule = electrons_per_joule(instrument.peak_efficiency)
        self._rate = torch.from_numpy(instrument.illuminant * per_joule)

    def transmission(self, bands: BandSettings) -> torch.Tensor:
        """T of every band at `l_nm`, (bands, n)."""
        one = self.instrument
        slit_nm = one.dispersion_nm_per_um * bands.slit_um
        return passband(one.filter_shape, self.l_nm, bands.centre_nm, bands.width_nm, slit_nm)

    def sensitivity(self, bands: BandSettings) -> torch.Tensor:
        """Electrons of a pixel from reflectance 1 at each wavelength, per nm, (bands, n)."""
        one = self.instrument
        area_m2 = bands.slit_um * one.pixel_um * 1e-12
        etendue = area_m2 * pi / (4 * one.f_number**2) * one.transmission
        irradiance_w_m2 = 10 * bands.power_mw / one.lit_cm2
        scale = irradiance_w_m2 / pi * etendue * bands.band_s(one.side_px)
        return scale[:, None] * self.transmission(bands) * self._rate

    def band_reflectance(self, bands: BandSettings, spectra: torch.Tensor) -> torch.Tensor:
        """Reflectance of each material in each band, (bands, materials), at any light."""
        weight = self.transmission(bands) * self._rate
        return (weight / weight.sum(dim=1, keepdim=True)) @ spectra.T

    def electrons(
        self,
        abundance: torch.Tensor,
        spectra: torch.Tensor,
        bands: BandSettings,
        stage_um: torch.Tensor,
    ) -> torch.Tensor:
        """Compute the expected electrons.

        Parameters
        ----------
        abundance
            (materials, height, width) at `Spectrometer.sample_step_um`, periodic; its dtype is that
            of the result.
        spectra
            (materials, n) reflectance at `l_nm`.
        bands
            The settings.
        stage_um
            (B, 2) y and x of each field's centre on the sample. Memory: one field at a time, 4 (8 +
            6 bands) bytes in float32 for each sample of `Spectrometer.grid` squared, beside the
            result.

        Returns
        -------
        Tensor
            (B, bands, side_px, side_px): pixels along the slit by lines.
        """
        mixing = (self.sensitivity(bands) @ spectra.to(torch.float64).T).to(abundance.dtype)
        h = self._transfer(bands, abundance.dtype)
        dark = self._dark * bands.band_s(self.instrument.side_px).to(self._device)[:, None, None]

        def one(places: torch.Tensor) -> torch.Tensor:
            image = self._image(abundance, mixing.to(self._device), h, places[0])
            return (torch.clamp(image, min=0) + dark.to(abundance.dtype))[None]

        return by_groups(one, stage_um.to(torch.float64), inf)

    def _image(
        self, abundance: torch.Tensor, mixing: torch.Tensor, h: torch.Tensor, place: torch.Tensor
    ) -> torch.Tensor:
        """Look at one field, (bands, side_px, side_px)."""
        one, side = self.instrument, self.instrument.grid
        at = place / one.sample_step_um
        whole = at.detach().round()
        top, left = (
            int(index) - side // 2 + size // 2
            for index, size in zip(whole, abundance.shape[1:], strict=True)
        )
        view: torch.Tensor | float = 0.0
        for first in range(0, len(abundance), _AT_ONCE):
            some = cut(abundance[first : first + _AT_ONCE], top, left, side, side).to(self._device)
            part = mixing[:, first : first + _AT_ONCE] @ some.flatten(1)
            view = view + part if first else part
        assert isinstance(view, torch.Tensor)
        spectrum = torch.fft.rfft2(view.view(-1, side, side)) * h
        rest = at - whole
        if rest.requires_grad or bool(rest.abs().max() > 1e-9):
            moved = rest[None].to(self._device)
            for phases in shift_phases((side, side), moved, spectrum.dtype):
                spectrum = spectrum * phases
        image: torch.Tensor = torch.fft.irfft2(spectrum, s=(side, side))
        # the middle pixel's centre is the field's
        first = side // 2 - SAMPLES_PER_PIXEL * (one.side_px // 2)
        last = first + SAMPLES_PER_PIXEL * one.side_px
        return image[:, first:last:SAMPLES_PER_PIXEL, first:last:SAMPLES_PER_PIXEL]

    def _transfer(self, bands: BandSettings, dtype: torch.dtype) -> torch.Tensor:
        """H of every band, (bands, grid, grid // 2 + 1); the last one is remembered."""

        def make() -> torch.Tensor:
            return self._make_transfer(bands, dtype)

        if wants_gradient(*bands.sharpness):
            return make()
        return self._last.of((dtype, key_of(*bands.sharpness)), make)

    def _make_transfer(self, bands: BandSettings, dtype: torch.dtype) -> torch.Tensor:
        one, side = self.instrument, self.instrument.grid
        fy = torch.fft.fftfreq(side, one.step_um, dtype=torch.float64)
        fx = torch.fft.rfftfreq(side, one.step_um, dtype=torch.float64)
        h = transfer(fy, fx, bands.centre_nm / 1e3, one.f_number, one.pixel_um, bands.slit_um)
        return h.to(dtype).to(self._device)
