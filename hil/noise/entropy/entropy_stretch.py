"""h and phi over a stretch of light, on a grid of it, and the light behind a histogram of pixels.

h   : (rows,) entropy of one pixel given lambda, nats
A   : (rows, groups) P(group of ADU | lambda)
phi : (groups,) nats, see `phi_table`
r   : (rows,) E[phi(Y) | lambda] - h(lambda), the bias that phi has
w   : (rows,) mixing distribution of lambda behind the pixels of a scene, see `npmle`

phi's bias over a scene is w . r, and what its mean over few pixels has by chance is seen by the
histogram that w expects. So the mean of phi over pixels of the stretch gives way to what w says,
w . (h - E[phi(Y) of pixels beyond the stretch | lambda]). Pixels darker or brighter than the
stretch are in the first and the last group, and count with their phi, which is exact there.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from drivers.types import Floats
from hil.noise.entropy.camera_pixel import CameraPixel
from hil.noise.entropy.gaussian_gap import gaussian_gap_nats
from hil.noise.entropy.histogram import AduCounts
from hil.noise.entropy.mixing_distribution import fit_mixing
from hil.noise.entropy.phi_shift import PhiShift

_STEP = 0.05  # of lambda's grid, in standard deviations of the noise
_MOST_LIGHTS = 3000  # where codes are hundreds of electrons wide, there are fewer to tell apart
_PIXELS = 3e4  # bias and variance of phi are weighed for so many
_GROUPS_PER_SIGMA = 3  # of the histogram that w is fitted to; less than 0.1 % of what it says
_CERTAIN = 6.0  # standard deviations


class PhiStretch:
    """A stretch of light over which h is tabulated and phi is fitted.

    Parameters
    ----------
    distribution
        The distribution of the pixel.
    t_low, t_high
        Range of the stabilised signal.
    low_adu, high_adu
        ADU that this range reaches.
    bright
        Whether there are so many electrons that Edgeworth's distribution serves.
    """

    def __init__(
        self,
        distribution: CameraPixel,
        t_low: float,
        t_high: float,
        low_adu: float,
        high_adu: float,
        bright: bool = False,
    ) -> None:
        n_lights = min(math.ceil((t_high - t_low) / _STEP), _MOST_LIGHTS)
        self.t = np.linspace(t_low, t_high, n_lights + 1)
        self.lambda_e = distribution.electrons(self.t)
        edges = distribution.group_edges(low_adu, high_adu, t_low)
        self._matrix, self.h_nats = distribution.tabulated(self.lambda_e, edges, bright=bright)
        self._centre = (edges[1:] + edges[:-1]) / 2
        variance = self._matrix @ self._centre**2 - (self._matrix @ self._centre) ** 2
        self._gaussian_gap_nats = gaussian_gap_nats(self.h_nats, variance)
        self._distribution = distribution
        self.first_adu, self.last_adu = float(self._centre[0]), float(self._centre[-1])
        self._phi = np.zeros_like(self._centre)
        self.residual_nats = self._beyond_nats = np.zeros_like(self.h_nats)
        self._set_groups(edges, open_below=bright)

    def solve(
        self,
        series: Callable[[Floats], Floats],
        low_adu: float = -math.inf,
        high_adu: float = math.inf,
    ) -> None:
        """Fit phi between ``low_adu`` and ``high_adu``; beyond them it is ``series``."""
        free = (self._centre >= low_adu) & (self._centre <= high_adu)
        phi = series(self._centre)
        settled = self._matrix[:, ~free] @ phi[~free]
        phi[free] = _least_squares(self._matrix[:, free], self.h_nats, settled)
        self._phi = phi
        self.residual_nats = self._matrix @ phi - self.h_nats
        beyond = np.zeros_like(phi)
        if self._open_below:
            beyond[: self._chosen[0]] = phi[: self._chosen[0]]
        if self._open_above:
            beyond[self._chosen[-1] :] = phi[self._chosen[-1] :]
        self._beyond_nats = self._matrix @ beyond
        self.first_adu, self.last_adu = (float(self._centre[free][i]) for i in (0, -1))

    def remainder(self, t_from: float) -> tuple[float, float]:
        """Fit what h has beyond its smooth series, a + b / (lambda + s^2 + 1), from ``t_from``.

        a stays where the ADU resolve electrons; b where rounding adds less than 1/12, since the
        electrons lie on the ADU already.
        """
        tail = self.t > t_from
        excess = self.h_nats - self._distribution.smooth_entropy_nats(self.lambda_e)
        inverse = 1 / (self.lambda_e + self._distribution.read_noise_e**2 + 1)
        slope, constant = np.polyfit(inverse[tail], excess[tail], 1)
        return float(constant), float(slope)

    def phi_nats(self, y_adu: Floats) -> Floats:
        """Interpolate phi between the centres of groups; the clipped ends stand alone."""
        centre, phi = self._centre, self._phi
        inner = slice(1, -1) if centre[-1] == self._distribution.top_adu else slice(1, None)
        value = np.interp(y_adu, centre[inner], phi[inner])
        value = np.where(y_adu <= centre[0], phi[0], value)
        if centre[-1] == self._distribution.top_adu:
            value = np.where(y_adu >= centre[-1], phi[-1], value)
        return value

    def phi_shift(self, counts: AduCounts) -> PhiShift:
        """Find what the mean of phi over the pixels of ``counts`` lacks."""
        seen = np.flatnonzero(counts.counts)
        adu, n = counts.adu[seen].astype(np.float64), counts.counts[seen]
        group = np.searchsorted(self._inner_edges, adu)
        size = self._inner_edges.size + 1
        inside = (group >= self._open_below) & (group < size - self._open_above)
        if not inside.any():
            return PhiShift()
        mixing = fit_mixing(self._grouped, np.bincount(group, n, size).astype(np.float64))
        by_phi = n[inside] @ self.phi_nats(adu[inside])
        nats = mixing.mean(self.h_nats - self._beyond_nats) - float(by_phi) / counts.n
        return PhiShift(
            nats, mixing.mean_sd(self.residual_nats), mixing.mean(self._gaussian_gap_nats)
        )

    def entropy_nats(self, t: Floats) -> Floats:
        """Interpolate h in the stabilised signal."""
        from scipy.interpolate import CubicSpline

        result: Floats = CubicSpline(self.t, self.h_nats)(t)
        return result

    def _set_groups(self, edges: Floats, *, open_below: bool) -> None:
        """Choose the groups of the histogram, of a third of the noise's width each.

        Where the stretch ends, what is beyond it must be sure to lie in the end's group.
        """
        distribution, t = self._distribution, self.t
        open_above = edges[-1] < distribution.top_adu
        low = distribution.adu(t[0] + _CERTAIN) if open_below else -math.inf
        high = distribution.adu(t[-1] - _CERTAIN) if open_above else math.inf
        last = [len(edges) - 2] if not open_above else []
        chosen: list[int] = []
        for k in range(1, len(edges) - 1):
            at = edges[k]
            lambda_e = max((at - distribution.offset_adu) * distribution.gain_e_per_adu, 0.0)
            sigma_adu = (
                math.sqrt(lambda_e + distribution.read_noise_e**2) / distribution.gain_e_per_adu
            )
            wide = not chosen or at - edges[chosen[-1]] >= sigma_adu / _GROUPS_PER_SIGMA
            if low < at < high and (wide or k in last):
                chosen.append(k)
        self._open_below, self._open_above = int(open_below), int(open_above)
        self._chosen = chosen
        self._inner_edges = edges[chosen]
        self._grouped = np.add.reduceat(self._matrix, [0, *chosen], axis=1)


def _least_squares(matrix: Floats, h_nats: Floats, settled: Floats) -> Floats:
    """Minimise the sum in `phi_table`; ``settled`` is what known groups contribute."""
    from scipy.linalg import solve

    support = matrix.sum(axis=0)
    known = np.where(support > 0, support, 1.0)
    posterior = matrix / known
    prior = h_nats @ posterior
    # groups that no lambda reaches take the value of the nearest that one does
    reached = np.flatnonzero(support > 1e-12)
    prior = np.interp(np.arange(prior.size), reached, prior[reached])
    residual = h_nats - settled - matrix @ prior
    if known.size < h_nats.size:
        # the same in the space of the groups, which few codes make small (Woodbury)
        root = np.sqrt(known)
        scaled = matrix / root
        gram = np.eye(known.size) + _PIXELS * (scaled.T @ scaled)
        few: Floats = prior + _PIXELS * solve(gram, scaled.T @ residual, assume_a="pos") / root
        return few
    gram = np.eye(h_nats.size) + _PIXELS * (matrix @ posterior.T)
    result: Floats = prior + _PIXELS * (posterior.T @ solve(gram, residual, assume_a="pos"))
    return result
