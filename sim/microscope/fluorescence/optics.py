"""Image formation in a widefield fluorescence microscope: scalar, incoherent, shift-invariant.

f : spatial frequency in the sample, cycles per um
W : wavefront error over the pupil, nm (`sim.numerics.pupil`)
P : pupil function, exp(2 pi i W / lambda) where |f| <= NA / lambda, else 0
h : intensity point spread function |F^-1 P|^2, sum 1
H : optical transfer function F h; H(0) = 1, and 0 beyond 2 NA / lambda

Source: J. W. Goodman, Introduction to Fourier Optics, sections 6.3 and 6.4. The pupil is evenly
filled (no apodisation) and polarisation is left out. All arrays are sampled at least at the Nyquist
rate of H, so that convolution by FFT, and shifts by a phase ramp, are exact for a scene made of
points on the grid. Batched; gradients flow through wavefront, shifts and scene.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Sequence

import numpy as np
import torch

from sim.numerics.periodic import shift_phases
from sim.numerics.pupil import ObjectiveLens, Wavefront
from sim.numerics.tensors import key_of, wants_gradient

CACHED_TRANSFERS = 8  # present, reference and a few before; 0.4 MB each at 320 x 320

Coefficients = Sequence[float] | torch.Tensor


class ImageFormation:
    """From crops of the scene to their images.

    Parameters
    ----------
    objective
        NA, wavelength, index.
    pixel_um
        Side of a camera pixel in the sample.
    modes
        Noll indices of the wavefront's coefficients.
    device
        ``"cpu"``, ``"cuda"``: where everything is.
    blur_um
        Standard deviation of a Gaussian that blurs every image besides: vibration, say.

    Attributes
    ----------
    pitch_um
        Distance of scene samples: `pixel_um` over ``objective.oversampling(pixel_um)``.
    """

    def __init__(
        self,
        objective: ObjectiveLens,
        pixel_um: float,
        modes: Sequence[int],
        device: str = "cpu",
        blur_um: float = 0.0,
    ) -> None:
        self.objective = objective
        self.pixel_um = pixel_um
        self.modes = tuple(modes)
        self.pitch_um = pixel_um / objective.oversampling(pixel_um)
        self._device = device
        self._blur_um = blur_um
        self._pupils: dict[tuple[int, int], _PupilGrid] = {}
        self._transfers: OrderedDict[Hashable, torch.Tensor] = OrderedDict()

    def psf(
        self,
        shape: tuple[int, int],
        modes_nm: Coefficients,
        z_um: float | torch.Tensor = 0.0,
        dtype: torch.dtype = torch.float64,
    ) -> torch.Tensor:
        """Intensity point spread function, before the pixel's own blur.

        Parameters
        ----------
        shape
            (height, width) in scene samples.
        modes_nm
            (modes,) coefficient of each mode, nm rms.
        z_um
            Defocus.
        dtype
            Of the result, real.

        Returns
        -------
        Tensor
            (height, width), sum 1, peak at [0, 0] when there is no aberration.
        """
        return self._pupil(shape).psf(_float64(modes_nm), _float64(z_um), dtype)

    def transfer(
        self,
        shape: tuple[int, int],
        modes_nm: Coefficients,
        z_um: float | torch.Tensor = 0.0,
        dtype: torch.dtype = torch.float32,
    ) -> torch.Tensor:
        """Transfer function of optics and pixel together; the last few are remembered.

        Parameters
        ----------
        shape, modes_nm, z_um
            As for `psf`.
        dtype
            Of the images, real.

        Returns
        -------
        Tensor
            (height, width // 2 + 1) complex, 1 at frequency 0.
        """
        numbers = (_float64(modes_nm), _float64(z_um))
        if wants_gradient(*numbers):
            return self._transfer(shape, *numbers, dtype)
        key = (shape, key_of(*numbers), dtype)
        if key in self._transfers:
            self._transfers.move_to_end(key)
            return self._transfers[key]
        transfer = self._transfers[key] = self._transfer(shape, *numbers, dtype)
        if len(self._transfers) > CACHED_TRANSFERS:
            self._transfers.popitem(last=False)
        return transfer

    def image(
        self,
        crops: torch.Tensor,
        modes_nm: Coefficients,
        z_um: float | torch.Tensor = 0.0,
        shifts: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Blur crops, as if each went on periodically, and move them by a fraction of a sample.

        Parameters
        ----------
        crops
            (B, height, width) of the scene at `pitch_um`, each with a guard band around what is
            wanted. Memory: 20 bytes a sample in float32, beside the transfer function.
        modes_nm, z_um
            The wavefront.
        shifts
            (B, 2) float64: how far each image moves up and left (rows, columns), in samples; None
            for not at all.

        Returns
        -------
        Tensor
            (B, height, width): at each scene sample, the light on a camera pixel centred there, in
            the crop's unit (its mean is kept). May dip below 0 by rounding.
        """
        shape = (crops.shape[-2], crops.shape[-1])
        spectrum = torch.fft.rfft2(crops) * self.transfer(shape, modes_nm, z_um, crops.dtype)
        if shifts is not None:
            for phases in shift_phases(shape, shifts.to(self._device), spectrum.dtype):
                spectrum = spectrum * phases
        blurred: torch.Tensor = torch.fft.irfft2(spectrum, s=shape)
        return blurred

    def _transfer(
        self,
        shape: tuple[int, int],
        modes_nm: torch.Tensor,
        z_um: torch.Tensor,
        dtype: torch.dtype,
    ) -> torch.Tensor:
        grid = self._pupil(shape)
        optical = torch.fft.rfft2(grid.psf(modes_nm, z_um, dtype))
        result: torch.Tensor = optical * grid.pixel_mtf.to(dtype)
        return result

    def _pupil(self, shape: tuple[int, int]) -> _PupilGrid:
        if shape not in self._pupils:
            self._pupils[shape] = _PupilGrid(
                self.objective,
                self.modes,
                shape,
                self.pitch_um,
                self.pixel_um,
                self._blur_um,
                self._device,
            )
        return self._pupils[shape]


class _PupilGrid:
    """The pupil on the frequencies of one FFT size, and what else depends on the size alone."""

    def __init__(
        self,
        objective: ObjectiveLens,
        modes: Sequence[int],
        shape: tuple[int, int],
        pitch_um: float,
        pixel_um: float,
        blur_um: float,
        device: str,
    ) -> None:
        fy, fx = np.meshgrid(*(np.fft.fftfreq(size, pitch_um) for size in shape), indexing="ij")
        scale = 2 / objective.cutoff_per_um
        rho = np.hypot(fx, fy) * scale
        # A rim one sample wide instead of a staircase: integrals over the pupil converge.
        step = scale / (max(shape) * pitch_um)
        amplitude = np.clip((1 - rho) / step + 0.5, 0, 1)
        inside = amplitude > 0
        wavefront = Wavefront(objective, modes, rho[inside], np.arctan2(fy, fx)[inside])
        half = slice(0, shape[1] // 2 + 1)
        mtf = np.sinc(fy[:, half] * pixel_um) * np.sinc(fx[:, half] * pixel_um)
        mtf = mtf * np.exp(-2 * (np.pi * blur_um) ** 2 * (fy[:, half] ** 2 + fx[:, half] ** 2))
        self._shape = shape
        self._device = device
        self._where, self._amplitude, self._modes, self._defocus, self._mismatch, self.pixel_mtf = (
            torch.from_numpy(array).to(device)
            for array in (
                np.flatnonzero(amplitude),
                amplitude[inside],
                wavefront.modes,
                wavefront.defocus,
                wavefront.mismatch,
                mtf,
            )
        )
        self._area = float(amplitude.sum())
        self._wavenumber_per_nm = 2 * np.pi / objective.wavelength_nm

    def psf(self, modes_nm: torch.Tensor, z_um: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
        w_nm = modes_nm.to(self._device) @ self._modes + z_um * self._defocus + self._mismatch
        phase = (self._wavenumber_per_nm * w_nm).to(dtype)
        light = torch.polar(self._amplitude.to(dtype), phase)
        empty = light.new_zeros(self._shape[0] * self._shape[1])
        field = torch.fft.ifft2(empty.index_copy(0, self._where, light).view(self._shape))
        intensity = field.real.square() + field.imag.square()
        # The rim's partly covered samples make sum(P^2) smaller than sum(P), the pupil's area. What
        # is missing (0.8 % at 384) is light that lands outside the grid: it comes back evenly
        lit: torch.Tensor = intensity * (intensity.numel() / self._area)
        return lit + (1 - lit.sum()) / lit.numel()


def _float64(value: Coefficients | float) -> torch.Tensor:
    return torch.as_tensor(value, dtype=torch.float64)
