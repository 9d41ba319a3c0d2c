"""Image formation in a widefield fluorescence microscope: scalar, incoherent, shift-invariant.

f : spatial frequency in the sample, cycles per um
W : wavefront error over the pupil, nm (`sim.pupil`)
P : pupil function, exp(2 pi i W / lambda) where |f| <= NA / lambda, else 0
h : intensity point spread function |F^-1 P|^2, sum 1
H : optical transfer function F h; H(0) = 1, and 0 beyond 2 NA / lambda

Source: J. W. Goodman, Introduction to Fourier Optics, sections 6.3 and 6.4. The pupil is evenly
filled (no apodisation) and polarisation is left out. All arrays are sampled at least at the Nyquist
rate of H, so that convolution by FFT, and shifts by a phase ramp, are exact for a scene made of
points on the grid.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from sim.pupil import Objective, Wavefront

CACHED_TRANSFERS = 8  # present, reference and a few before; 0.4 MB each at 320 x 320


class ImageFormation:
    """From a crop of the scene to its image on the camera's grid.

    Parameters
    ----------
    objective
        NA, wavelength, index.
    pixel_um
        Side of a camera pixel in the sample.
    modes
        Noll indices of the wavefront's coefficients.

    Attributes
    ----------
    pitch_um
        Distance of scene samples: `pixel_um` over ``objective.oversampling(pixel_um)``.
    """

    def __init__(self, objective: Objective, pixel_um: float, modes: Sequence[int]) -> None:
        self.objective = objective
        self.pixel_um = pixel_um
        self.modes = tuple(modes)
        self.pitch_um = pixel_um / objective.oversampling(pixel_um)
        self._pupils: dict[tuple[int, int], _PupilGrid] = {}
        self._transfers: OrderedDict[tuple[object, ...], torch.Tensor] = OrderedDict()

    def psf(
        self, shape: tuple[int, int], modes_nm: Sequence[float], z_um: float = 0.0
    ) -> torch.Tensor:
        """Intensity point spread function, before the pixel's own blur.

        Parameters
        ----------
        shape
            (height, width) in scene samples.
        modes_nm
            Coefficient of each mode, nm rms.
        z_um
            Defocus.

        Returns
        -------
        Tensor
            (height, width) float64, sum 1, peak at [0, 0] when there is no aberration.
        """
        return self._pupil(shape).psf(modes_nm, z_um)

    def transfer(
        self, shape: tuple[int, int], modes_nm: Sequence[float], z_um: float = 0.0
    ) -> torch.Tensor:
        """Transfer function of optics and pixel together; the last few are remembered.

        Returns
        -------
        Tensor
            (height, width // 2 + 1) complex64, 1 at frequency 0.
        """
        key = (shape, tuple(modes_nm), z_um)
        if key in self._transfers:
            self._transfers.move_to_end(key)
            return self._transfers[key]
        optical = torch.fft.rfft2(self.psf(shape, modes_nm, z_um).to(torch.float32))
        transfer: torch.Tensor = optical * self._pupil(shape).pixel_mtf
        self._transfers[key] = transfer
        if len(self._transfers) > CACHED_TRANSFERS:
            self._transfers.popitem(last=False)
        return transfer

    def image(
        self,
        crop: NDArray[np.float32],
        modes_nm: Sequence[float],
        z_um: float = 0.0,
        shift: tuple[float, float] = (0.0, 0.0),
    ) -> NDArray[np.float32]:
        """Blur a crop, as if it went on periodically, and move it by a fraction of a sample.

        Parameters
        ----------
        crop
            (height, width) of the scene at `pitch_um`, with a guard band around what is wanted.
        modes_nm, z_um
            The wavefront.
        shift
            How far the image moves up and left (rows, columns), in samples.

        Returns
        -------
        ndarray
            (height, width): at each scene sample, the light on a camera pixel centred there, in the
            crop's unit (its mean is kept). May dip below 0 by rounding.
        """
        shape = (crop.shape[0], crop.shape[1])
        spectrum = torch.fft.rfft2(torch.from_numpy(crop)) * self.transfer(shape, modes_nm, z_um)
        if any(shift):
            spectrum = spectrum * _phase_ramp(shape, shift)
        blurred: NDArray[np.float32] = torch.fft.irfft2(spectrum, s=shape).numpy()
        return blurred

    def _pupil(self, shape: tuple[int, int]) -> _PupilGrid:
        if shape not in self._pupils:
            self._pupils[shape] = _PupilGrid(
                self.objective, self.modes, shape, self.pitch_um, self.pixel_um
            )
        return self._pupils[shape]


class _PupilGrid:
    """The pupil on the frequencies of one FFT size, and what else depends on the size alone."""

    def __init__(
        self,
        objective: Objective,
        modes: Sequence[int],
        shape: tuple[int, int],
        pitch_um: float,
        pixel_um: float,
    ) -> None:
        fy, fx = np.meshgrid(*(np.fft.fftfreq(size, pitch_um) for size in shape), indexing="ij")
        scale = 2 / objective.cutoff_per_um
        rho = np.hypot(fx, fy) * scale
        # A rim one sample wide instead of a staircase: integrals over the pupil converge.
        step = scale / (max(shape) * pitch_um)
        amplitude = np.clip((1 - rho) / step + 0.5, 0, 1)
        self._shape = shape
        self._where = torch.from_numpy(np.flatnonzero(amplitude))
        inside = amplitude > 0
        self._amplitude = amplitude[inside]
        self._wavefront = Wavefront(objective, modes, rho[inside], np.arctan2(fy, fx)[inside])
        self._wavenumber_per_nm = 2 * np.pi / objective.wavelength_nm
        half = slice(0, shape[1] // 2 + 1)
        mtf = np.sinc(fy[:, half] * pixel_um) * np.sinc(fx[:, half] * pixel_um)
        self.pixel_mtf = torch.from_numpy(mtf.astype(np.float32))

    def psf(self, modes_nm: Sequence[float], z_um: float) -> torch.Tensor:
        phase = self._wavenumber_per_nm * self._wavefront(modes_nm, z_um)
        pupil = torch.zeros(self._shape[0] * self._shape[1], dtype=torch.complex128)
        pupil[self._where] = torch.from_numpy(self._amplitude * np.exp(1j * phase))
        field = torch.fft.ifft2(pupil.view(self._shape))
        intensity = field.real.square() + field.imag.square()
        # The rim's partly covered samples make sum(P^2) smaller than sum(P), the pupil's area. What
        # is missing (0.8 % at 384) is light that lands outside the grid: it comes back evenly
        lit: torch.Tensor = intensity * (intensity.numel() / self._amplitude.sum())
        lit += (1 - lit.sum()) / lit.numel()
        return lit


def _phase_ramp(shape: tuple[int, int], shift: tuple[float, float]) -> torch.Tensor:
    """Fourier factor that moves an image up and left by `shift` samples, (h, w // 2 + 1)."""
    rows = torch.exp(2j * torch.pi * shift[0] * torch.fft.fftfreq(shape[0]))
    columns = torch.exp(2j * torch.pi * shift[1] * torch.fft.rfftfreq(shape[1]))
    return rows[:, None] * columns[None, :]
