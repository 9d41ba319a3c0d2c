"""Image formation through a mask of apertures or lenslets: scalar, paraxial, incoherent.

d      : distance from mask to sensor, um        lambda : wavelength, um
a, f   : radius of an aperture and focal length of its lenslet, um (infinite for a pinhole)
c_i    : centres of the N apertures, um
theta  : direction in the far scene, rad; it lies at x = d theta + c_i behind aperture i
u(r)   : field of one aperture, Fresnel's integral (Goodman, Introduction to Fourier Optics, 4.2),
         u = 2 pi / (lambda d) int_0^a exp(i pi s^2 (1/d - 1/f) / lambda) J0(2 pi r s / (lambda d))
         s ds
h(r)   : |u|^2 / (pi a^2), whose integral over the plane is 1
k      : spatial frequency on the sensor, cycles per um
H(k)   : transfer function, F h (k) sinc(pixel k) (1/N) sum_i exp(-2 pi i k . c_i)

    photons of a pixel = L t N pi a^2 (pixel / d)^2 [scene(x / d) * psf](x)

with L the scene's radiance at value 1. One lens, a pinhole, and any mask of them are the same
model: the sum over apertures multiplexes N images on one sensor. Apertures are taken as incoherent
with each other, as for scenes that are: extended, or made of many wavelengths.
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil, pi
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.autograd.function import once_differentiable

from sim.numerics.filtered import half_spectrum
from sim.numerics.periodic import cut

_NODES_PER_CYCLE = 6.0
_LEAST_NODES = 64
_RINGS = 40.0  # of the diffraction pattern, in its finest detail
_RADII_PER_SPOT = 40.0  # of the table of u, in its finest detail lambda d / (2 a)


def sampling(pixel_um: float, wavelength_um: float, widest_um: float, nearest_um: float) -> int:
    """Count the samples a pixel that keep the finest detail: Nyquist at 2 a / (lambda d)."""
    return max(1, ceil(2 * pixel_um * widest_um / (wavelength_um * nearest_um) - 1e-9))


class _BesselJ0(torch.autograd.Function):
    """J0, with its derivative -J1, which torch does not know."""

    @staticmethod
    def forward(context: torch.autograd.function.FunctionCtx, x: torch.Tensor) -> torch.Tensor:
        context.save_for_backward(x)
        value: torch.Tensor = torch.special.bessel_j0(x)
        return value

    @staticmethod
    def backward(
        context: torch.autograd.function.FunctionCtx, gradient: torch.Tensor
    ) -> torch.Tensor:
        (x,) = context.saved_tensors  # type: ignore[attr-defined]
        result: torch.Tensor = -torch.special.bessel_j1(x) * gradient
        return result


@lru_cache(16)
def _legendre(n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nodes and weights from -1 to 1; they take as long to find as a field to look at."""
    return np.polynomial.legendre.leggauss(n)


def field(
    r_um: torch.Tensor,
    radius_um: torch.Tensor,
    distance_um: torch.Tensor,
    wavelength_um: float,
    focal_um: float,
) -> torch.Tensor:
    """Field u of one aperture at distances from its centre.

    Parameters
    ----------
    r_um
        (n,) float64.
    radius_um, distance_um
        0-d float64: a and d.
    wavelength_um
        lambda.
    focal_um
        f; infinite for a pinhole.

    Returns
    -------
    Tensor
        (n,) complex128, per um of aperture: its square integrates to pi a^2.
    """
    bend = 1 / distance_um - 1 / focal_um
    farthest_um = float(r_um.detach().max())
    a, d = float(radius_um.detach()), float(distance_um.detach())
    cycles = a**2 * abs(float(bend.detach())) / (2 * wavelength_um)
    cycles += farthest_um * a / (wavelength_um * d)
    nodes, weights = _legendre(max(_LEAST_NODES, ceil(_NODES_PER_CYCLE * cycles)))
    s = radius_um * torch.from_numpy((nodes + 1) / 2)
    weight = radius_um * torch.from_numpy(weights / 2)
    lens = torch.exp(1j * pi * s**2 * bend / wavelength_um) * (s * weight)
    scale = 2 * pi / (wavelength_um * distance_um)
    waves: torch.Tensor = _BesselJ0.apply(scale * r_um[:, None] * s[None, :])  # type: ignore[no-untyped-call]
    return scale * (torch.complex(waves, torch.zeros_like(waves)) @ lens)


def spot(
    shape: tuple[int, int],
    pitch_um: float,
    radius_um: torch.Tensor,
    distance_um: torch.Tensor,
    wavelength_um: float,
    focal_um: float,
) -> torch.Tensor:
    """Point spread function h of one aperture on a grid, sum 1, centred on sample [0, 0].

    The light that lands farther out than forty times the finest detail beyond the geometric spot,
    or than half the grid, half a per cent of it, is taken to land within.

    Returns
    -------
    Tensor
        (height, width) float64.
    """
    # of one quadrant: the others mirror it
    y, x = (torch.arange(size // 2 + 1, dtype=torch.float64) * pitch_um for size in shape)
    r = torch.hypot(y[:, None], x[None, :])
    a, d = float(radius_um.detach()), float(distance_um.detach())
    detail_um = wavelength_um * d / (2 * a)
    shadow_um = a * abs(1 - d / focal_um)
    reach_um = min(min(shape) * pitch_um / 2, shadow_um + _RINGS * detail_um)
    step_um = min(pitch_um, detail_um / _RADII_PER_SPOT)
    radii = torch.arange(0, ceil(reach_um / step_um) + 2, dtype=torch.float64) * step_um
    u = field(radii, radius_um, distance_um, wavelength_um, focal_um)
    place = torch.clamp(r / step_um, max=radii.numel() - 2)
    index = place.long()
    share = place - index
    between = u[index] * (1 - share) + u[index + 1] * share
    quadrant = (between.real**2 + between.imag**2) * (r <= reach_um)
    right = torch.cat([quadrant, quadrant[:, 1 : (shape[1] + 1) // 2].flip(1)], dim=1)
    h = torch.cat([right, right[1 : (shape[0] + 1) // 2].flip(0)])
    return h / h.sum()


def transfer(
    h: torch.Tensor, centres_um: torch.Tensor, pitch_um: float, pixel_um: float
) -> torch.Tensor:
    """Transfer function H of the whole mask and the pixels.

    Parameters
    ----------
    h
        (height, width), of `spot`; the result has its precision.
    centres_um
        (N, 2) float64.
    pitch_um, pixel_um
        Of the grid and of the sensor.

    Returns
    -------
    Tensor
        (height, width // 2 + 1) complex, 1 at frequency 0.
    """
    height, width = h.shape
    ky = torch.fft.fftfreq(height, pitch_um, dtype=torch.float64)
    kx = torch.fft.rfftfreq(width, pitch_um, dtype=torch.float64)
    down = torch.exp(-2j * pi * ky[:, None] * centres_um[None, :, 0]) / centres_um.shape[0]
    across = torch.exp(-2j * pi * kx[:, None] * centres_um[None, :, 1])
    down, across = (
        torch.sinc(pixel_um * ky)[:, None] * down,
        torch.sinc(pixel_um * kx)[:, None] * across,
    )
    spectrum = half_spectrum(h)
    result: torch.Tensor = spectrum * (down.to(spectrum.dtype) @ across.to(spectrum.dtype).T)
    return result


def seen(
    scene: torch.Tensor, pitch_rad: float, pointing_rad: torch.Tensor, angles_rad: torch.Tensor
) -> torch.Tensor:
    """Look a periodic scene up, between its samples linearly.

    Parameters
    ----------
    scene
        (height, width), its middle at direction 0; no gradient flows to it.
    pitch_rad
        Distance of its samples.
    pointing_rad
        (B, 2) y and x of each field's centre.
    angles_rad
        (n,) directions about that centre, for rows and columns alike.

    Returns
    -------
    Tensor
        (B, n, n).
    """
    rows, columns = (
        (pointing_rad[:, axis, None] + angles_rad) / pitch_rad + scene.shape[axis] / 2
        for axis in (0, 1)
    )
    views = [_View.apply(scene, row, column) for row, column in zip(rows, columns, strict=True)]  # type: ignore[no-untyped-call]
    return torch.stack(views)


class _View(torch.autograd.Function):
    """Bilinear between samples at all rows by all columns; gradients by where those lie.

    torch would scatter the gradient over the scene first, which nobody asks for.
    """

    @staticmethod
    def forward(
        context: Any, scene: torch.Tensor, row: torch.Tensor, column: torch.Tensor
    ) -> torch.Tensor:
        above, below, down, before, after, right = _around(scene, row, column)
        band = torch.lerp(above, below, down)
        context.save_for_backward(scene, row, column)
        return torch.lerp(band.index_select(1, before), band.index_select(1, after), right)

    @staticmethod
    @once_differentiable  # type: ignore[no-untyped-call, untyped-decorator, unused-ignore]
    def backward(context: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        scene, row, column = context.saved_tensors
        above, below, down, before, after, right = _around(scene, row, column)
        band, steep = torch.lerp(above, below, down), below - above
        along = torch.lerp(steep.index_select(1, before), steep.index_select(1, after), right)
        across = band.index_select(1, after) - band.index_select(1, before)
        by_row = (along * gradient).sum(dim=1).to(row)
        return None, by_row, (across * gradient).sum(dim=0).to(column)


def _around(scene: torch.Tensor, row: torch.Tensor, column: torch.Tensor) -> tuple[Any, ...]:
    """Rows of samples above and below each place, and how far down; the same for columns."""
    # only what lies under the field, so that interpolation reads no more than it must
    r, down, top, height = _between(row)
    c, right, left, width = _between(column)
    window = cut(scene, top, left, height, width)
    r, c, down, right = (part.to(scene.device) for part in (r, c, down, right))
    above, below = window.index_select(0, r), window.index_select(0, r + 1)
    return above, below, down[:, None].to(scene.dtype), c, c + 1, right[None, :].to(scene.dtype)


def _between(place: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, int, int]:
    """Along one axis: sample before each place in a window under all of them, how far on it lies.

    And where that window begins, and how many samples it has.
    """
    before = place.detach().floor().long()
    first, last = int(before[0]), int(before[-1]) + 1
    return before - first, place - before, first, last - first + 1
