"""The pupil of a microscope objective: wavefronts, their rms and the blur they make.

NA, n  : numerical aperture and refractive index of the immersion
lambda : emission wavelength in vacuum
rho    : pupil coordinate, spatial frequency times lambda / NA, 1 at the edge
W      : wavefront error over the pupil, nm

Defocus of a high-NA objective is ``W = z (sqrt(n^2 - NA^2 rho^2) - n)``: B. M. Hanser et al.,
"Phase-retrieved pupil functions in wide-field fluorescence microscopy", J. Microsc. 216, 32 (2004).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from sim.numerics.zernike import zernike


@dataclass(frozen=True, slots=True)
class ObjectiveLens:
    """What of the objective matters to the image.

    Parameters
    ----------
    numerical_aperture
        Below the refractive index.
    wavelength_nm
        Emission wavelength in vacuum.
    refractive_index
        Of the immersion.
    sample_index, depth_um
        What the light comes through on its way to the cover glass: index, above the numerical
        aperture, and how much of it. None is the immersion's index.
    """

    numerical_aperture: float
    wavelength_nm: float
    refractive_index: float
    sample_index: float | None = None
    depth_um: float = 0.0

    @property
    def cutoff_per_um(self) -> float:
        """Highest spatial frequency that passes, 2 NA / lambda, cycles per um."""
        return 2e3 * self.numerical_aperture / self.wavelength_nm

    def oversampling(self, pixel_um: float) -> int:
        """Fewest samples a pixel and axis that reach the Nyquist rate of the cut-off frequency.

        Parameters
        ----------
        pixel_um
            Side of a camera pixel in the sample.
        """
        return ceil(round(2 * pixel_um * self.cutoff_per_um, 9))

    def defocus_nm(self, rho: NDArray[np.float64], z_um: float) -> NDArray[np.float64]:
        """Wavefront of a point z_um out of focus, without its value at the pupil's centre.

        Parameters
        ----------
        rho
            Pupil radius, 0 to 1, any shape.
        z_um
            Distance from focus. Positive z has the sign of a negative Z4.
        """
        return self._layers_nm(rho, ((self.refractive_index, z_um),))

    def mismatch_nm(self, rho: NDArray[np.float64]) -> NDArray[np.float64]:
        """Wavefront that `depth_um` of sample adds, refocused; shape and centre as `defocus_nm`."""
        return self._layers_nm(rho, self.mismatch_um)

    @property
    def mismatch_um(self) -> tuple[tuple[float, float], ...]:
        """Layers (index, thickness in um) that stand for the sample, refocused.

        A ray through depth d of index m, where the objective expects its immersion's index n, has
        gone d (sqrt(m^2 - NA^2 rho^2) - sqrt(n^2 - NA^2 rho^2)) too far (M. J. Booth, M. A. A. Neil
        and T. Wilson, J. Microsc. 192, 90 (1998)). Most of it is defocus, which the focus drive
        takes out: the second layer is as thick as leaves the least rms. What stays is spherical
        aberration of all orders.
        """
        m, n = self.sample_index, self.refractive_index
        if m is None or m == n or not self.depth_um:
            return ()
        node, weight = np.polynomial.legendre.leggauss(24)
        rho = np.sqrt((node + 1) / 2)  # nodes in rho^2 stand for area
        terms = [self._layers_nm(rho, ((index, 1.0),)) for index in (m, n)]
        sample, immersion = (term - term @ weight / 2 for term in terms)
        refocus = float((sample * immersion) @ weight / (immersion**2 @ weight))
        return (m, self.depth_um), (n, -self.depth_um * refocus)

    def _layers_nm(
        self, rho: NDArray[np.float64], layers: Sequence[tuple[float, float]]
    ) -> NDArray[np.float64]:
        inside = np.minimum(rho, 1.0)  # the rim's samples lie a fraction of a step outside
        total = np.zeros_like(rho)
        for n, thickness_um in layers:
            root = np.sqrt(n**2 - (self.numerical_aperture * inside) ** 2)
            total += 1e3 * thickness_um * (root - n)
        return total


class Wavefront:
    """Wavefront errors over the pupil as a function of mode coefficients and defocus.

    What the objective's sample adds by its index is always in them.

    Parameters
    ----------
    objective
        Sets the shape of the defocus term.
    modes
        Noll indices of the coefficients, in order.
    rho, theta
        (k,) pupil coordinates at which the wavefront is wanted.

    Attributes
    ----------
    modes, defocus, mismatch
        (modes, k), (k,), (k,), nm: what a coefficient of 1 nm and 1 um of defocus make, and what
        the sample adds.
    """

    def __init__(
        self,
        objective: ObjectiveLens,
        modes: Sequence[int],
        rho: NDArray[np.float64],
        theta: NDArray[np.float64],
    ) -> None:
        self.modes = np.stack([zernike(j, rho, theta) for j in modes])
        self.defocus = objective.defocus_nm(rho, 1.0)
        self.mismatch = objective.mismatch_nm(rho)

    def __call__(self, modes_nm: Sequence[float], z_um: float) -> NDArray[np.float64]:
        """(k,) wavefront in nm."""
        moved = np.asarray(modes_nm) @ self.modes + z_um * self.defocus
        total: NDArray[np.float64] = moved + self.mismatch
        return total


class PupilQuadrature:
    """Integrals over the pupil that need no image: rms and blur of a wavefront.

    Parameters
    ----------
    objective, modes
        As for `Wavefront`.
    """

    N_RHO, N_THETA = 24, 48

    def __init__(self, objective: ObjectiveLens, modes: Sequence[int]) -> None:
        # Gauss-Legendre in rho^2 makes every node stand for area exactly: polynomials up to degree
        # 94 in rho are integrated without error, trapezoids in theta up to frequency 47.
        node, weight = np.polynomial.legendre.leggauss(self.N_RHO)
        rho, theta = np.meshgrid(
            np.sqrt((node + 1) / 2), np.arange(self.N_THETA) * 2 * np.pi / self.N_THETA
        )
        self._weight = np.broadcast_to(weight / 2 / self.N_THETA, rho.shape).ravel()
        x, y = (rho * np.cos(theta)).ravel(), (rho * np.sin(theta)).ravel()
        self._modes = np.stack([zernike(j, np.hypot(x, y), np.arctan2(y, x)) for j in modes])
        self._wavefront = Wavefront(objective, modes, np.hypot(x, y), np.arctan2(y, x))
        step = 1e-4
        self._across = [
            (
                Wavefront(objective, modes, np.hypot(x + dx, y + dy), np.arctan2(y + dy, x + dx)),
                Wavefront(objective, modes, np.hypot(x - dx, y - dy), np.arctan2(y - dy, x - dx)),
            )
            for dx, dy in ((step, 0.0), (0.0, step))
        ]
        self._step = step
        self._na = objective.numerical_aperture

    def rms_nm(self, modes_nm: Sequence[float], z_um: float) -> float:
        """Root mean square of the wavefront over the pupil, piston left out, nm."""
        w = self._wavefront(modes_nm, z_um)
        mean = float(w @ self._weight)
        return float(np.sqrt((w - mean) ** 2 @ self._weight))

    def strehl(self, modes_nm: Sequence[float], z_um: float, wavelength_nm: float) -> float:
        """Light on the axis over that of a perfect wavefront: |mean exp(2 pi i W / lambda)|^2."""
        phase = 2 * np.pi / wavelength_nm * self._wavefront(modes_nm, z_um)
        return float(abs(np.exp(1j * phase) @ self._weight) ** 2)

    def modes_of_mismatch_nm(self) -> NDArray[np.float64]:
        """Coefficient of each mode in what the sample's index adds, nm rms."""
        added = self._wavefront([0.0] * len(self._modes), 0.0)
        projected: NDArray[np.float64] = self._modes @ (added * self._weight)
        return projected

    def blur_radius_um(self, modes_nm: Sequence[float], z_um: float) -> float:
        """How far the rays of a point spread in the sample: max |grad W| / NA (sine condition)."""
        slopes = [
            (up(modes_nm, z_um) - down(modes_nm, z_um)) / (2 * self._step)
            for up, down in self._across
        ]
        return float(np.hypot(*slopes).max()) / self._na / 1e3
