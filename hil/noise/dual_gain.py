"""A camera that reads dim pixels by one converter and bright ones by another, in one image.

K          : Poisson, the scene's electrons as its mean
J          : the join, ADU; there are K_J = (J - o) g electrons
g, o, s    : gain (electrons per ADU), offset (ADU) and read noise (electrons) up to K_J
g', o', s' : above

    Y = clip(round(K / g + o + N(0, (s / g)^2)))       where K <= K_J
    Y = clip(round(K / g' + o' + N(0, (s' / g')^2)))   where K > K_J

Some deviations of the noise away from the join the distribution is that of one camera or of the
other, and each one's phi serves the pixels on its side. About the join h is found by summation,
and phi takes what is left by ridge regression, with P the probabilities of the codes over a grid
of light:

    phi = phi_0 - P^T (P P^T + epsilon)^-1 (P phi_0 - h)
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.types import Floats
from hil.errors import InputError
from hil.noise.anscombe import Stabiliser
from hil.noise.camera import CameraNoise
from hil.noise.entropy.camera_pixel import CameraPixel
from hil.noise.entropy.entropy_table import PhiTable
from hil.noise.entropy.histogram import AduCounts
from hil.noise.entropy.phi_shift import PhiShift
from hil.noise.model import NoiseModel, finite_number

_NODES = 97  # of light about the join
_NODES_TO = 6.0  # standard deviations to either side
_RIDGE = 1e-3  # of the largest eigenvalue
_REACH = 8.0  # standard deviations
_CELLS_PER_SIGMA = 16


class DualGainNoise:
    """See the module.

    Parameters
    ----------
    gain_e_per_adu, offset_adu, read_noise_e
        Of dim pixels, as in `CameraNoise`.
    join_adu
        From here on pixels are read by the second converter, ADU.
    gain_above_e_per_adu, read_noise_above_e
        Of the second converter.
    offset_above_adu
        Where its line starts, ADU, below the join; None where the mean does not jump at the join.
    bit_depth
        1 to 32.
    saturation_adu
        As in `CameraNoise`, above the join.

    Raises
    ------
    InputError
        For impossible values.
    """

    needs_integers = True
    lowest_adu = 0.0
    clips_low = True

    def __init__(
        self,
        gain_e_per_adu: float,
        offset_adu: float,
        read_noise_e: float,
        join_adu: float,
        gain_above_e_per_adu: float,
        read_noise_above_e: float,
        offset_above_adu: float | None = None,
        bit_depth: int = 16,
        saturation_adu: float | None = None,
    ) -> None:
        below = CameraNoise(gain_e_per_adu, offset_adu, read_noise_e, bit_depth, saturation_adu)
        self.gain_e_per_adu, self.offset_adu = below.gain_e_per_adu, below.offset_adu
        self.read_noise_e, self.bit_depth = below.read_noise_e, below.bit_depth
        self.highest_adu, self.top_code_adu = below.highest_adu, below.top_code_adu
        self._below = below
        self._recoded: dict[tuple[float, float, float | None], NoiseModel] = {}
        self.join_adu = finite_number(
            "join_adu", join_adu, self.offset_adu, inclusive=False, allowed="ADU above the offset"
        )
        if self.join_adu >= self.highest_adu:
            raise InputError(
                "noise", "join_adu", f"{join_adu:g}; allowed: ADU below {self.highest_adu:g}"
            )
        # the same checks, for the second converter
        above = CameraNoise(gain_above_e_per_adu, 0.0, read_noise_above_e, bit_depth)
        self.gain_above_e_per_adu = above.gain_e_per_adu
        self.read_noise_above_e = above.read_noise_e
        self.join_electrons = (self.join_adu - self.offset_adu) * self.gain_e_per_adu
        start = self.join_adu - self.join_electrons / above.gain_e_per_adu
        if offset_above_adu is not None:
            start = finite_number(
                "offset_above_adu", offset_above_adu, -1e9, inclusive=True, allowed="an ADU"
            )
        if start >= self.join_adu:
            raise InputError(
                "noise", "offset_above_adu", f"{start:g}; allowed: ADU below {self.join_adu:g}"
            )
        self.offset_above_adu = start

    def __repr__(self) -> str:
        return (
            f"DualGainNoise(gain_e_per_adu={self.gain_e_per_adu:g}, "
            f"offset_adu={self.offset_adu:g}, read_noise_e={self.read_noise_e:g}, "
            f"join_adu={self.join_adu:g}, gain_above_e_per_adu={self.gain_above_e_per_adu:g}, "
            f"read_noise_above_e={self.read_noise_above_e:g}, "
            f"offset_above_adu={self.offset_above_adu:g}, bit_depth={self.bit_depth})"
        )

    def recoded(self, step_adu: float, phase_adu: float, highest: float | None) -> NoiseModel:
        """Give the noise of (y - phase) / step, clipped at ``highest`` of these; it is kept.

        What is clipped below the join never saw the second converter: it is a plain camera's.
        """
        key = (step_adu, phase_adu, highest)
        if key not in self._recoded:
            join = (self.join_adu - phase_adu) / step_adu
            if highest is not None and highest <= join:
                self._recoded[key] = self._below.recoded(*key)
            else:
                self._recoded[key] = self._in_steps(step_adu, phase_adu, highest)
        return self._recoded[key]

    def _in_steps(self, step_adu: float, phase_adu: float, highest: float | None) -> DualGainNoise:
        clip = None if highest is None or math.isinf(highest) else highest
        found = DualGainNoise(
            self.gain_e_per_adu * step_adu,
            0.0,
            self.read_noise_e,
            (self.join_adu - self.offset_adu) / step_adu,
            self.gain_above_e_per_adu * step_adu,
            self.read_noise_above_e,
            (self.offset_above_adu - self.offset_adu) / step_adu,
            self.bit_depth,
        )
        # may lie a little below 0: rounding has a phase
        offset = (self.offset_adu - phase_adu) / step_adu
        found.offset_adu = found._below.offset_adu = offset
        found.join_adu += offset
        found.offset_above_adu += offset
        if clip is not None:
            found.highest_adu = float(math.floor(clip))
        return found

    @property
    def darkest_adu(self) -> float:
        """See `NoiseModel`."""
        return self.offset_adu - 6 * self.read_noise_e / self.gain_e_per_adu - 1

    @cached_property
    def _dim(self) -> PhiTable:
        """Of the first converter, which never clips."""
        return PhiTable(
            CameraPixel(self.gain_e_per_adu, self.offset_adu, self.read_noise_e, math.inf)
        )

    @cached_property
    def _bright(self) -> PhiTable:
        return PhiTable(
            CameraPixel(
                self.gain_above_e_per_adu,
                self.offset_above_adu,
                self.read_noise_above_e,
                self.highest_adu,
            )
        )

    def entropy_nats(self, lambda_e: Floats) -> Floats:
        """Entropy h(lambda) of one pixel, nats, for expected electrons ``lambda_e``; see above."""
        from scipy.special import pdtrc

        lambda_e = np.asarray(lambda_e, dtype=np.float64)
        above: Floats = pdtrc(math.floor(self.join_electrons), lambda_e)
        dim, bright = self._dim.entropy_nats(lambda_e), self._bright.entropy_nats(lambda_e)
        return (1 - above) * dim + above * bright

    def entropy_phi_nats(self, y_adu: NDArray[Any], discrete: bool) -> Floats:
        """See `NoiseModel`."""
        del discrete
        phi = self._sides_nats(y_adu)
        centre, change, _ = self._about_the_join
        return np.asarray(phi + np.interp(y_adu, centre, change, left=0.0, right=0.0))

    def _sides_nats(self, y_adu: NDArray[Any]) -> Floats:
        """Look up phi_0: each side's own."""
        bright = np.asarray(y_adu) > self.join_adu
        if not bright.any():
            return self._dim.phi_nats(y_adu)
        return np.where(bright, self._bright.phi_nats(y_adu), self._dim.phi_nats(y_adu))

    def phi_shift(self, counts: AduCounts) -> PhiShift:
        """See `ShiftedPhi`: of the dim end by the first converter, of the clip by the second."""
        shift = self._dim.phi_shift(counts)
        first = max(math.floor(self.join_adu) + 1 - counts.first_adu, 0)
        bright = AduCounts(counts.first_adu + first, counts.counts[first:])
        if bright.counts.size == 0 or not bright.n > 0:
            return shift
        return shift + self._bright.phi_shift(bright).scaled(bright.n / counts.n)

    def phi_bias_nats(self, low_adu: float, high_adu: float, discrete: bool) -> float:
        """See `NoiseModel`."""
        del discrete
        bias = 0.0
        if low_adu < self.join_adu:
            bias = self._dim.bias_nats(low_adu, min(high_adu, self.join_adu))
        if high_adu > self.join_adu:
            bias = max(bias, self._bright.bias_nats(max(low_adu, self.join_adu), high_adu))
        if low_adu < self.join_adu < high_adu:
            bias = max(bias, self._about_the_join[2])
        return bias

    @cached_property
    def _about_the_join(self) -> tuple[Floats, Floats, float]:
        """Codes, (n,) ADU, what phi changes by there, (n,) nats, and the bias that is left."""
        from scipy.special import entr, gammaln, ndtr, xlogy

        root = math.sqrt(self.join_electrons)
        grid = np.linspace(-_NODES_TO, _NODES_TO, _NODES)
        lambda_e = np.maximum(self.join_electrons + root * grid, 0.1)
        low_k = max(0, math.floor(lambda_e[0] - _REACH * root))
        k = np.arange(low_k, math.ceil(lambda_e[-1] + _REACH * root) + 2)
        weight = np.exp(xlogy(k, lambda_e[:, None]) - lambda_e[:, None] - gammaln(k + 1.0))
        first = k <= self.join_electrons
        gain = np.where(first, self.gain_e_per_adu, self.gain_above_e_per_adu)
        start = np.where(first, self.offset_adu, self.offset_above_adu)
        sigma = np.where(first, self.read_noise_e, self.read_noise_above_e) / gain
        sigma = np.maximum(sigma, 1e-9)
        mean = k / gain + start
        width = max(1, math.floor(min(sigma.min(), root / gain.max()) / _CELLS_PER_SIGMA))
        ends = mean.min() - _REACH * sigma.max() - 1, mean.max() + _REACH * sigma.max() + 1
        edges = np.arange(max(math.floor(ends[0]), 0), ends[1] + width, width) - 0.5
        probability = np.maximum(
            weight @ np.diff(ndtr((edges - mean[:, None]) / sigma[:, None]), axis=1), 0.0
        )
        nats = entr(probability).sum(axis=1) + probability.sum(axis=1) * math.log(width)
        centre = (edges[1:] + edges[:-1]) / 2
        off = probability @ self._sides_nats(np.rint(centre)) - nats
        gram = probability @ probability.T
        ridge = _RIDGE * float(np.linalg.eigvalsh(gram)[-1]) * np.eye(len(gram))
        change = -probability.T @ np.linalg.solve(gram + ridge, off)
        return centre, change, float(np.max(np.abs(off + probability @ change)))

    def mean_variance_adu2(self, mean_adu: float, discrete: bool) -> float:
        """See `NoiseModel`: the line of the side that the mean is on, with 1/12 for rounding."""
        del discrete
        if mean_adu > self.join_adu:
            g, start, read = (
                self.gain_above_e_per_adu,
                self.offset_above_adu,
                self.read_noise_above_e,
            )
        else:
            g, start, read = self.gain_e_per_adu, self.offset_adu, self.read_noise_e
        return max(mean_adu - start, 0.0) / g + (read / g) ** 2 + 1 / 12

    def stabilised(self, y_adu: NDArray[Any], discrete: bool, repeats: int = 1) -> Floats:
        """See `NoiseModel`: one transform after the other, without a jump."""
        del discrete
        dim, bright = (
            Stabiliser(start, 1 / g, (read / g) ** 2 + 1 / 12)
            for start, g, read in (
                (self.offset_adu, self.gain_e_per_adu, self.read_noise_e),
                (self.offset_above_adu, self.gain_above_e_per_adu, self.read_noise_above_e),
            )
        )
        join = np.array([self.join_adu])
        jump = dim.forward(join, repeats) - bright.forward(join, repeats)
        y = np.asarray(y_adu)
        above = bright.forward(y, repeats) + jump
        return np.where(y > self.join_adu, above, dim.forward(y, repeats))

    def sample(self, lambda_: Floats, rng: np.random.Generator) -> NDArray[Any]:
        """See `NoiseModel`; ``lambda_`` in electrons."""
        electrons = rng.poisson(lambda_)
        first = electrons <= self.join_electrons
        gain = np.where(first, self.gain_e_per_adu, self.gain_above_e_per_adu)
        start = np.where(first, self.offset_adu, self.offset_above_adu)
        read = np.where(first, self.read_noise_e, self.read_noise_above_e)
        adu = np.rint((electrons + read * rng.standard_normal(electrons.shape)) / gain + start)
        return np.clip(adu, 0, self.highest_adu).astype(
            np.uint16 if self.bit_depth <= 16 else np.uint32
        )
