"""P(y | lambda) of one EMCCD pixel.

lambda : expected electrons in the register, signal and spurious ones
G      : EM gain         g : electrons at the output per ADU       s : read noise, output electrons
K      : Poisson(lambda) electrons; the register makes Gamma(K, scale G) of them, 0 of none

Y = clip(round(Gamma(K, G) / g + o + N(0, (s/g)^2)), 0, top)

The Gamma distribution is that of many stages, each of which multiplies rarely (Basden, Haniff and
Mackay, MNRAS 345, 985, 2003; Hirsch et al., PLoS ONE 8, e53671, 2013). The sum over K is done by
characteristic functions, where it has a closed form,

    E exp(i w Y) = exp(lambda i w G / (1 - i w G) - (w s)^2 / 2),

so that P is one Fourier transform, exact on a grid fine enough for the read noise.

Cumulants are lambda n! G^n: variance 2 lambda G^2, twice that of a perfect multiplier (Robbins and
Hadwen, IEEE Trans. Electron Devices 2003). Hence, to second order, an EMCCD is a camera of half the
light, lambda / 2, with gain g / (2 G) and read noise s / (2 G): those are the numbers that the base
class has, and all lambda here are such half electrons.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from drivers.types import Floats
from hil.noise.entropy.camera_pixel import CameraPixel

_FINEST = 2.0  # steps of the grid to a standard deviation of the read noise, at least
_MOST_VALUES = 2**22  # complex numbers at a time
_GROUPS_PER_SIGMA = 24


@dataclass(frozen=True, slots=True)
class EmccdPixel(CameraPixel):
    """The distribution of one pixel; see the module.

    Parameters
    ----------
    gain_e_per_adu, read_noise_e
        Of the camera that is equal to second order: g / (2 G), s / (2 G).
    offset_adu, top_adu
        As in `CameraPixel`.
    """

    def group_edges(self, low_adu: float, high_adu: float, t_low: float) -> Floats:
        """See `CameraPixel`: groups grow with the noise, which is sharp in the dark alone."""
        first = max(0, math.floor(low_adu))
        last = int(min(math.ceil(high_adu), self.top_adu))
        dark_adu = self.read_noise_e / self.gain_e_per_adu
        one_adu = 0.5 / self.gain_e_per_adu  # of one electron, on average
        start = (t_low / 2) ** 2 - self.read_noise_e**2  # half electrons
        edges = [float(first), float(first + 1)]
        while edges[-1] < last:
            signal = max(edges[-1] - self.offset_adu, start / self.gain_e_per_adu)
            # beyond the read noise around 0, the distribution is no sharper than an electron's tail
            near = signal < 8 * dark_adu
            shot = math.sqrt(max(signal, one_adu) / self.gain_e_per_adu)
            width = dark_adu if near else max(dark_adu, min(shot, signal))
            edges.append(min(edges[-1] + max(1, int(width / _GROUPS_PER_SIGMA)), last))
        return np.unique(np.array([*edges, last + 1.0])) - 0.5

    def probabilities(self, lambda_e: Floats, edges: Floats) -> Floats:
        """See `CameraPixel`, for ``lambda_e`` half electrons."""
        fineness = self._fineness
        first = edges[0] + 0.5
        # beyond the last edge by what the brightest row and its tail need, so as not to wrap round
        lambda_top = float(lambda_e.max())
        reach = (lambda_top + 10 * math.sqrt(lambda_top) + 20) / self.gain_e_per_adu
        margin = math.ceil(10 * self.read_noise_e / self.gain_e_per_adu) + 2
        low = min(first, math.floor(self.offset_adu)) - margin
        high = max(edges[-1], self.offset_adu + reach) + margin
        n = 2 ** math.ceil(math.log2((high - low) * fineness))
        # an edge at y - 1/2 falls on the grid of cells, whose first begins at low - 1/2
        cell = np.rint((edges[1:-1] + 0.5 - low) * fineness).astype(np.intp)
        omega = 2 * math.pi * fineness * np.arange(n // 2 + 1) / n
        rows = max(1, _MOST_VALUES // n)
        below = [
            self._cell_cdf(lambda_e[i : i + rows], omega, low, n)[:, cell - 1]
            for i in range(0, lambda_e.size, rows)
        ]
        column = np.ones((lambda_e.size, 1))
        cdf = np.concatenate([0 * column, np.clip(np.concatenate(below), 0, 1), column], axis=1)
        return np.maximum(np.diff(cdf, axis=1), 0.0)

    def smooth_entropy_nats(self, lambda_e: Floats) -> Floats:
        """See `CameraPixel`; the skewness is 3/2 of a Poisson variable's with that variance."""
        base = CameraPixel(self.gain_e_per_adu, self.offset_adu, self.read_noise_e, self.top_adu)
        gaussian = base.smooth_entropy_nats(lambda_e)
        variance = lambda_e + self.read_noise_e**2 + self.gain_e_per_adu**2 / 12
        result: Floats = gaussian - (self._skew**2 - 1) * lambda_e**2 / variance**3 / 12
        return result

    @property
    def _skew(self) -> float:
        """Skewness over that of a Poisson variable of the same variance: 6 l / (2 l)^1.5."""
        return 1.5

    @property
    def _fineness(self) -> int:
        """Cells to an ADU."""
        return math.ceil(_FINEST * self.gain_e_per_adu / self.read_noise_e)

    def _cell_cdf(self, lambda_e: Floats, omega: Floats, low: float, n: int) -> Floats:
        """P(Y in the first cell to this one), (rows, n), cells of 1 / fineness ADU."""
        fineness = self._fineness
        mean_adu = 0.5 / self.gain_e_per_adu  # G / g
        sigma_adu = self.read_noise_e / self.gain_e_per_adu
        multiplied = 1j * omega * mean_adu / (1 - 1j * omega * mean_adu)
        # from the middle of the first cell, and over the width of one
        shift = self.offset_adu - (low - 0.5 + 0.5 / fineness)
        known = 1j * omega * shift - (omega * sigma_adu) ** 2 / 2
        exponent = 2 * lambda_e[:, None] * multiplied + known
        transform = np.exp(exponent) * np.sinc(omega / (2 * math.pi * fineness))
        # numpy's forward transform has exp(-i w y), as the inverse of exp(+i w y) needs conjugated
        density = np.fft.irfft(np.conj(transform), n=n, axis=1)
        result: Floats = np.cumsum(density, axis=1)
        return result
