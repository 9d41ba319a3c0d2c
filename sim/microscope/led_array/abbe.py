"""Partially coherent images of thin transparent objects: a sum over source points (Abbe).

o       : transmission of the object, exp((i - kappa) 2 pi OPD / lambda)
u_s     : direction of source point s (`sim.microscope.led_array.source`), N of them, of equal
          weight
f       : spatial frequency in the sample, cycles per um; O(f) is the spectrum of o
P       : pupil, exp(2 pi i W / lambda) where |f| <= NA / lambda, else 0; W as in
          `sim.numerics.pupil`
L       : side of the periodic field, um; spectra are known at the multiples of 1 / L

    I(x) = (1 / N) sum_s | F^-1 [ P(f) O(f - u_s / lambda) ](x) |^2

which is 1 for no object under light that the objective takes in. Source: J. W. Goodman,
Statistical Optics, section 5.5 (Abbe's view of partially coherent imaging); scalar, each source
point is far away and coherent with itself alone, as an LED of an array is.

Only the pupil's window of the spectrum is ever transformed. The window of point s begins at the
multiple of 1 / L nearest to -u_s / lambda, and P is sampled where f then falls, so that directions
and wavelength may be any number, and gradients flow through them. Where in the transform the
window lies changes the phase of the field alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, pi

import numpy as np
import torch

from sim.numerics.pupil import ObjectiveLens
from sim.numerics.tensors import key_of, wants_gradient
from sim.numerics.zernike import noll_to_nm, zernike

_CHUNK_BYTES = 48e6  # of fields that are transformed together
_KEPT_BYTES = 128e6  # of pupils that are remembered


@dataclass(frozen=True, slots=True)
class AbbeOptics:
    """What the image depends on beside the object, as numbers that gradients flow through.

    Parameters
    ----------
    directions
        (N, 2) u_s, y and x.
    wavelength_um, z_um
        0-d: of the light, and of the focus.
    modes_nm
        (modes,) wavefront coefficients, nm rms.
    """

    directions: torch.Tensor
    wavelength_um: torch.Tensor
    z_um: torch.Tensor
    modes_nm: torch.Tensor

    @property
    def numbers(self) -> tuple[torch.Tensor, ...]:
        """All of them."""
        return (self.directions, self.wavelength_um, self.z_um, self.modes_nm)


class Abbe:
    """Images on a periodic field of fixed size.

    Parameters
    ----------
    objective
        NA, indices and sample; its wavelength is not used.
    modes
        Noll indices of the wavefront's coefficients.
    shape
        (height, width) of the image, samples. They must lie lambda / (4 NA) apart or closer.
    field_um
        Height and width.
    device
        ``"cpu"``, ``"cuda"``.
    """

    def __init__(
        self,
        objective: ObjectiveLens,
        modes: Sequence[int],
        shape: tuple[int, int],
        field_um: tuple[float, float],
        device: str = "cpu",
    ) -> None:
        self._objective = objective
        self._monomials = torch.from_numpy(_monomials(modes))
        self._shape = shape
        self._field_um = field_um
        self._device = device
        self._last: tuple[object, list[torch.Tensor]] | None = None

    def image(self, opd_nm: torch.Tensor, absorption: float, optics: AbbeOptics) -> torch.Tensor:
        """Make images.

        Parameters
        ----------
        opd_nm
            (B, h, w) path differences over the field, sampled finely enough for the steepest
            light: lambda / (2 (NA + NA of the source)). Its dtype is that of the result.
        absorption
            kappa: part of the amplitude that a radian of delay takes, 0 for a pure phase object.
        optics
            The rest.

        Returns
        -------
        Tensor
            (B, *shape). Memory: 50 MB or one coherent field of `shape` for each of the B, whichever
            is more, twelve bytes for each sample of the object, and up to 128 MB of pupils.
        """
        phase = opd_nm.to(self._device) * (2e-3 * pi / optics.wavelength_um.to(opd_nm.dtype))
        kept = torch.exp(-absorption * phase.clamp(min=0)) if absorption else torch.ones_like(phase)
        spectrum = torch.fft.fft2(torch.polar(kept, phase), norm="forward")
        spectrum, starts = self._reached(torch.fft.fftshift(spectrum, dim=(-2, -1)), optics)
        total = phase.new_zeros((len(phase), *self._shape))
        n = len(optics.directions)
        size = max(1, int(_CHUNK_BYTES // (16 * total.numel())))
        rows, columns = (2 * half + 1 for half in self._halves(optics))
        for first, pupils in zip(
            range(0, n, size), self._pupils(optics, size, opd_nm.dtype), strict=True
        ):
            windows = torch.stack(
                [
                    spectrum[:, top : top + rows, left : left + columns]
                    for top, left in starts[first : first + size]
                ],
                dim=1,
            )
            fields = torch.fft.ifft2(windows * pupils, s=self._shape, norm="forward")
            total = total + (fields.real.square() + fields.imag.square()).sum(dim=1)
        return total / max(n, 1)

    def _halves(self, optics: AbbeOptics) -> tuple[int, int]:
        """Half widths of the pupil's window, in multiples of 1 / L, rim included."""
        edge_per_um = self._objective.numerical_aperture / float(optics.wavelength_um.detach())
        rows, columns = (ceil(edge_per_um * side_um) + 2 for side_um in self._field_um)
        return rows, columns

    def _nearest(self, optics: AbbeOptics) -> tuple[torch.Tensor, torch.Tensor]:
        """Frequencies u_s / lambda as whole multiples of 1 / L, and what is left of them."""
        side_um = torch.tensor(self._field_um, dtype=torch.float64)
        wanted = optics.directions / optics.wavelength_um * side_um
        whole = wanted.detach().round()
        return whole, wanted - whole

    def _reached(
        self, spectrum: torch.Tensor, optics: AbbeOptics
    ) -> tuple[torch.Tensor, list[tuple[int, int]]]:
        """Find where each point's window begins in a spectrum with 0 in the middle.

        A spectrum that ends within a window is continued by zeros.
        """
        whole, _ = self._nearest(optics)
        size = torch.tensor(spectrum.shape[-2:])
        halves = torch.tensor(self._halves(optics))
        begin = size // 2 - whole.long() - halves
        beyond = torch.maximum(-begin, begin + 2 * halves + 1 - size)
        rim = max(0, int(beyond.max())) if len(begin) else 0
        if rim:
            spectrum = torch.nn.functional.pad(spectrum, (rim,) * 4)
        return spectrum, [(top, left) for top, left in (begin + rim).tolist()]

    def _pupils(self, optics: AbbeOptics, size: int, dtype: torch.dtype) -> list[torch.Tensor]:
        """P on the window of each point, `size` points at a time; the last are remembered."""
        key, gradient = (key_of(*optics.numbers), size, dtype), wants_gradient(*optics.numbers)
        if self._last is not None and self._last[0] == key and not gradient:
            return self._last[1]
        _, left_over = self._nearest(optics)
        chunks = [self._pupil(part, optics, dtype) for part in torch.split(left_over, size)]
        taken = sum(chunk.numel() * chunk.element_size() for chunk in chunks)
        if not gradient and taken <= _KEPT_BYTES:
            self._last = (key, chunks)
        return chunks

    def _pupil(
        self, left_over: torch.Tensor, optics: AbbeOptics, dtype: torch.dtype
    ) -> torch.Tensor:
        """(n, rows, columns) complex."""
        na = self._objective.numerical_aperture
        y, x = (
            (torch.arange(-half, half + 1) + left_over[:, axis, None])
            * (optics.wavelength_um / (na * self._field_um[axis]))
            for axis, half in enumerate(self._halves(optics))
        )
        rho2 = (y.square()[:, :, None] + x.square()[:, None, :]).to(dtype)
        # A rim two samples wide, and smooth, instead of a staircase: so gradients are those of
        # finite differences too. 1 - rho is (1 - rho^2) / 2 there
        step = (optics.wavelength_um / (na * max(self._field_um))).to(dtype)
        across = ((1 - rho2) / (4 * step) + 0.5).clamp(0, 1)
        amplitude = across**2 * (3 - 2 * across)
        inside = rho2.clamp(max=1.0)
        powers = torch.arange(self._monomials.shape[-1])
        shape_nm = torch.tensordot(optics.modes_nm, self._monomials, dims=1)
        rows = (y[:, :, None] ** powers) @ shape_nm
        w_nm = rows.to(dtype) @ (x[:, :, None] ** powers).mT.to(dtype)
        layers: list[tuple[float, float | torch.Tensor]] = [*self._objective.mismatch_um]
        for n, thickness_um in [*layers, (self._objective.refractive_index, optics.z_um)]:
            w_nm = w_nm + 1e3 * thickness_um * (torch.sqrt(n**2 - na**2 * inside) - n)
        wavenumber_per_nm = (2e-3 * pi / optics.wavelength_um).to(dtype)
        return torch.polar(amplitude, wavenumber_per_nm * w_nm).to(self._device)


def _monomials(modes: Sequence[int]) -> np.ndarray:
    """(modes, d, d) coefficients of y^i x^j in each mode; exact, since they are polynomials."""
    d = 1 + max(noll_to_nm(j)[0] for j in modes)
    node = np.cos(pi * (np.arange(d + 1) + 0.5) / (d + 1))
    y, x = (place.ravel() for place in np.meshgrid(node, node, indexing="ij"))
    values = np.stack([zernike(j, np.hypot(y, x), np.arctan2(y, x)) for j in modes], axis=1)
    powers = (y[:, None, None] ** np.arange(d)[:, None]) * x[:, None, None] ** np.arange(d)
    found = np.linalg.lstsq(powers.reshape(len(y), d * d), values, rcond=None)[0]
    return np.asarray(found.T.reshape(len(modes), d, d), dtype=np.float64)
