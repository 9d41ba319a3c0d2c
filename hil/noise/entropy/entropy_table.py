"""H(Y|X) from noisy pixels alone: a function phi with E[phi(Y) | lambda] = h(lambda).

h   : entropy of one pixel given lambda expected electrons, nats
A   : (rows, groups) P(group of ADU | lambda)
phi : (groups,) nats; its mean over noisy pixels is unbiased for the mean of h over their scene

For many electrons phi = h - 1/2 Var(Y) h'' = h + 1/(4 V) (two terms of the delta method). For few,
and near the clip, phi minimises

    sum_j (A phi - h)_j^2 + (1/n) sum_j E[(phi(Y) - h_j)^2 | lambda_j]

over a grid of lambda that is uniform in the stabilised signal: squared bias plus the variance of a
mean over n pixels. The second term alone is solved by c, the posterior mean of h; what remains is a
ridge regression in as many unknowns as there are rows. -lambda ln lambda has no power series at 0,
so no phi is exact there: near 0 this is best polynomial approximation, as in Wu and Yang, IEEE
Trans. Inf. Theory 2016. On flat fields its mean is off by up to 0.01 bit at a few photons and 0.02
near the clip, and scatters as much; so the histogram of all pixels says what to add
(`phi_stretch`).
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.noise.entropy.camera_pixel import CameraPixel
from hil.noise.entropy.entropy_stretch import PhiStretch
from hil.noise.entropy.histogram import AduCounts
from hil.noise.entropy.phi_shift import PhiShift

_DIM = 28.0  # stabilised signal above darkness, where the series takes over: 196 photons
_TABLE = 2**17  # ADU values for which phi is kept as an array


@lru_cache(maxsize=4)
def phi_table(distribution: CameraPixel) -> PhiTable:
    """Compute the table of one distribution, or give it anew: those of the last few are kept.

    Parameters
    ----------
    distribution
        The distribution of the pixel, hashable: one session after another has the same camera.
    """
    return PhiTable(distribution)


class PhiTable:
    """phi and h of one `CameraPixel`, which do not change.

    Parameters
    ----------
    distribution
        The distribution of the pixel.
    """

    def __init__(self, distribution: CameraPixel) -> None:
        self._distribution = distribution
        dark = distribution.stabilised(0.0)
        # coarse ADU show where lambda lies between them, until the noise spans most of one
        dim = max(dark + _DIM, distribution.stabilised(distribution.gain_e_per_adu**2))
        top = distribution.stabilised(
            (distribution.top_adu - distribution.offset_adu) * distribution.gain_e_per_adu
        )
        start = distribution.adu(dark) - 9 * distribution.read_noise_e / distribution.gain_e_per_adu
        whole = top < dim + 36
        self._remainder = (0.0, 0.0)
        if whole:
            self._dim = PhiStretch(distribution, dark, top + 6, start, distribution.top_adu)
            self._dim.solve(self._series)
        else:
            self._dim = PhiStretch(distribution, dark, dim - 2.2, start, distribution.adu(dim + 7))
            self._remainder = self._dim.remainder(dim - 8)
            self._dim.solve(self._series, high_adu=distribution.adu(dim))
        self._bright: PhiStretch | None = None
        if not whole and math.isfinite(top):
            self._bright = PhiStretch(
                distribution,
                top - 16,
                top + 6,
                distribution.adu(top - 24),
                distribution.top_adu,
                bright=True,
            )
            self._bright.solve(self._series, low_adu=distribution.adu(top - 14))
        length = int(min(distribution.top_adu + 1, _TABLE))
        self._array = self._piecewise(np.arange(length, dtype=np.float64))

    def phi_nats(self, y_adu: NDArray[Any]) -> Floats:
        """Look up phi for integer ADU of any shape, nats."""
        index = y_adu if y_adu.dtype.kind in "ui" else np.asarray(np.rint(y_adu), dtype=np.int64)
        if index.size == 0 or int(index.max()) < self._array.size:
            near: Floats = self._array[index]
            return near
        far = np.asarray(index, dtype=np.float64)
        return self._piecewise(far)

    def entropy_nats(self, lambda_e: Floats) -> Floats:
        """h(lambda), nats, for electrons of any shape."""
        lambda_e = np.asarray(lambda_e, dtype=np.float64)
        t = 2 * np.sqrt(lambda_e + self._distribution.read_noise_e**2)
        value = self._smooth_nats(lambda_e)
        for stretch in (self._dim, self._bright):
            if stretch is not None:
                inside = (t >= stretch.t[0]) & (t <= stretch.t[-1])
                value = np.where(inside, stretch.entropy_nats(t), value)
        beyond = t > (self._bright or self._dim).t[-1]
        if math.isfinite(self._distribution.top_adu):
            value = np.where(beyond, 0.0, value)  # wholly clipped
        result: Floats = value
        return result

    def phi_shift(self, counts: AduCounts) -> PhiShift:
        """Give what the mean of phi over the pixels of ``counts`` lacks, by the light behind."""
        shift = PhiShift(gaussian_gap_nats=self._comb_gap_nats(counts))
        if counts.adu[0] > self._dim.last_adu and self._bright is None:
            return shift
        shift += self._dim.phi_shift(counts)
        return shift if self._bright is None else shift + self._bright.phi_shift(counts)

    def _comb_gap_nats(self, counts: AduCounts) -> float:
        """Give what a Gaussian lacks of the pixels brighter than the dim stretch.

        Where ADU resolve electrons, single ones show at any light: h stays below its series.
        """
        if self._remainder[0] >= 0:
            return 0.0
        beyond = float(counts.counts[counts.adu > self._dim.last_adu].sum()) / counts.n
        return -self._remainder[0] * beyond

    def bias_nats(self, low_adu: float, high_adu: float) -> float:
        """Largest |E[phi(Y) | lambda] - h(lambda)| for signals between two ADU, nats."""
        worst = 0.0
        for stretch in (self._dim, self._bright):
            if stretch is not None:
                mean_adu = (
                    stretch.lambda_e / self._distribution.gain_e_per_adu
                    + self._distribution.offset_adu
                )
                inside = (mean_adu >= low_adu) & (mean_adu <= high_adu)
                worst = max(
                    worst, float(np.max(np.abs(stretch.residual_nats), where=inside, initial=0))
                )
        return worst

    def _series(self, y_adu: Floats) -> Floats:
        distribution = self._distribution
        x = np.maximum((y_adu - distribution.offset_adu) * distribution.gain_e_per_adu, 0.0)
        # at x = 0 without read noise the series has no value; it is never looked up there
        x = np.maximum(x, 1.0 - distribution.read_noise_e**2)
        variance = x + distribution.read_noise_e**2 + distribution.gain_e_per_adu**2 / 12
        return self._smooth_nats(x) + 1 / (4 * variance)

    def _smooth_nats(self, lambda_e: Floats) -> Floats:
        constant, slope = self._remainder
        result: Floats = (
            self._distribution.smooth_entropy_nats(lambda_e)
            + constant
            + slope / (lambda_e + self._distribution.read_noise_e**2 + 1)
        )
        return result

    def _piecewise(self, y_adu: Floats) -> Floats:
        value = np.where(y_adu <= self._dim.last_adu, self._dim.phi_nats(y_adu), 0.0)
        rest = y_adu > self._dim.last_adu
        value[rest] = self._series(y_adu[rest])
        if self._bright is not None:
            clip = y_adu >= self._bright.first_adu
            value[clip] = self._bright.phi_nats(y_adu[clip])
        return value
